"""Overview of a sweep: a row with errors and a curve for each run that is done."""

import numpy as np
import pytest

from pruning_phases.observables.registry import observable, observables
from pruning_phases.records.run import DONE, FAILED, RunRecord
from pruning_phases.records.states import MISSING, RunState, state_of_sweep
from pruning_phases.records.sweep import SweepRecord
from pruning_phases.sweeps.overview import MAX_LABELLED, MAX_POINTS, overview_figure, summary
from tests.support.written_records import PHYSICS, write_run

DENSITY = np.geomspace(1, 1e-3, 500)
NAMES = [name for name, one in observables().items() if one.heading]


@pytest.fixture
def record(tmp_path):
    generator = np.random.default_rng(0)
    columns = {name: generator.normal(size=(3, len(DENSITY))) for name in NAMES}
    return write_run(tmp_path, "done", DENSITY, columns)


@pytest.fixture
def sweep(tmp_path):
    return SweepRecord(tmp_path, "name")


def state(record, what="fc mnist"):
    return RunState("written", record.id, DONE, what)


def test_a_row_holds_means_and_errors_at_the_last_step_and_a_curve_those_of_all(sweep, record):
    found = summary(sweep, state(record))
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


def test_a_run_that_is_not_done_or_is_damaged_has_no_curve(sweep, record):
    failed = summary(sweep, RunState("written", "a", FAILED, error="the reason"))
    assert (failed.row["state"], failed.row["error"]) == ("failed", "the reason")
    missing = summary(sweep, RunState("written", None, MISSING))
    assert (missing.row["state"], missing.row["error"]) == ("missing", None)
    record.observables_file.write_bytes(record.observables_file.read_bytes()[:100])
    damaged = summary(sweep, state(record))
    assert damaged.row["state"] == "damaged" and "is unreadable" in damaged.row["error"]
    assert overview_figure("name", [failed, missing, damaged]) is None


def test_a_run_with_several_evaluation_rates_has_a_row_and_no_curve(sweep, record):
    table = record.observables()
    record.write_tables(table.assign(p_eval=table["replica"] / 10), record.layers())
    found = summary(sweep, state(record))
    assert found.row["state"] == "done" and found.curve is None


@pytest.mark.parametrize("count", [2, MAX_LABELLED + 1])
def test_few_runs_have_a_legend_and_many_are_thin_lines(sweep, record, count):
    runs = [summary(sweep, state(record, f"seed={number}")) for number in range(count)]
    (axis,) = overview_figure("name", runs).axes
    assert (axis.get_legend() is not None) == (count <= MAX_LABELLED)
    assert f"{count} runs" in axis.get_title()
    assert max(len(line.get_xdata()) for line in axis.lines) == MAX_POINTS
    assert axis.xaxis_inverted() and axis.get_ylabel() == observable("accuracy").axis_label


def test_runs_of_a_sweep_are_named_by_the_options_in_which_they_differ(sweep, tmp_path):
    accuracy = {"accuracy": np.ones((2, 500))}
    for seed in (0, 1):
        write_run(tmp_path, f"run{seed}", DENSITY, accuracy, seed=seed)
    write_run(tmp_path, "other", DENSITY, accuracy, width=7)
    RunRecord(tmp_path, "written", "begun").begin(PHYSICS | {"seed": 2}, {})
    entries = [
        {"study": "written", "run": run, "swept": f"seed={seed}"}
        for seed, run in enumerate(["run0", "run1", "begun", "never"])
    ]
    sweep.write(["train", "-m"], entries)
    assert [(run.run, run.state, run.what) for run in state_of_sweep(sweep).runs] == [
        ("run0", "done", "fc mnist magnitude seed=0"),
        ("run1", "done", "fc mnist magnitude seed=1"),
        ("begun", "interrupted", "fc mnist magnitude seed=2"),
        ("never", "missing", "seed=3"),
    ]
