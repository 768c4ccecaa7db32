"""A sweep's runs at a glance: ends with errors, curves, and what is not done."""

import numpy as np
import pytest

from pruning_phases.sweeps.overview import DRAWN, NAMED, Listed, overview_figure, summary
from tests.analysis.phase_diagram.test_fit import planted
from tests.support.written_records import write_grid_run, write_run

DENSITY = np.geomspace(1, 1e-3, 500)
NAMES = ("accuracy", "loss", "prediction_entropy", "effective_density")


@pytest.fixture
def record(tmp_path):
    generator = np.random.default_rng(0)
    columns = {name: generator.normal(size=(3, len(DENSITY))) for name in NAMES}
    return write_run(tmp_path, "done", DENSITY, columns)


def listed(record, swept="seed=0"):
    return Listed("written", swept, record, record.info())


def test_the_end_of_a_run_with_its_errors_and_its_curve(record):
    found = summary(listed(record))
    table = record.observables()
    last = table[table.step == len(DENSITY) - 1]
    assert found.row["density"] == pytest.approx(1e-3)
    assert found.row["num_replicas"] == 3 and found.row["error"] is None
    for name in NAMES:
        assert found.row[name] == pytest.approx(last[name].mean())
        assert found.row[f"{name}_error"] == pytest.approx(last[name].sem())
    density, mean, error = found.curve
    np.testing.assert_allclose(density, DENSITY)
    np.testing.assert_allclose(mean, table.groupby("step").accuracy.mean())
    np.testing.assert_allclose(error, table.groupby("step").accuracy.sem())


def test_what_is_not_done_or_damaged_has_its_reason_and_no_curve(record, tmp_path):
    failed = Listed("written", "b", None, {"state": "failed", "error": "first\nlast"})
    assert summary(failed).row["error"] == "last" and summary(failed).curve is None
    missing = summary(Listed("written", "c", None, {})).row
    assert (missing["state"], missing["error"]) == ("missing", None)
    record.observables_file.write_bytes(record.observables_file.read_bytes()[:100])
    damaged = summary(listed(record))
    assert damaged.row["state"] == "damaged" and "is unreadable" in damaged.row["error"]
    assert overview_figure("name", [summary(failed), damaged]) is None


def test_a_run_over_other_axes_than_density_has_a_row_and_no_curve(tmp_path):
    record = write_grid_run(tmp_path, "grid", planted([[0.5]], [[2.0]]))
    whole = record.observables().assign(**dict.fromkeys(NAMES, 0.5))
    record.write_tables(whole, record.layers())
    found = summary(listed(record))
    assert found.row["state"] == "done" and found.curve is None


@pytest.mark.parametrize("count", [2, NAMED + 1])
def test_few_runs_have_a_legend_and_many_are_thin_lines(record, count):
    runs = [summary(listed(record, f"seed={number}")) for number in range(count)]
    figure = overview_figure("name", runs)
    (axis,) = figure.axes
    assert (axis.get_legend() is not None) == (count <= NAMED)
    assert f"{count} runs" in axis.get_title()
    assert max(len(line.get_xdata()) for line in axis.lines) == DRAWN
