"""A study: its runs, its tables, the transition and its plot."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

import pruning_phases as pp
from pruning_phases.analysis.phase_diagram.fit import PHASES
from pruning_phases.records.names import systems_of
from pruning_phases.records.run import find_records
from tests.analysis.phase_diagram.test_fit import LEARNING, planted
from tests.support.axes import is_dense_left
from tests.support.written_records import write_grid_run, write_run

DENSITY = np.array([1.0, 0.3, 0.1, 0.0])
ENTROPY = 0.5


@pytest.fixture
def accuracy():
    """Accuracies [system, seed, replica, step] of two systems of two seeds each."""
    return np.random.default_rng(0).random((2, 2, 3, len(DENSITY)))


@pytest.fixture
def written(tmp_path, accuracy):
    for width, own in zip((50, 100), accuracy, strict=True):
        for seed, values in enumerate(own):
            columns = {"accuracy": values, "prediction_entropy": np.full_like(values, ENTROPY)}
            write_run(tmp_path, f"w{width}s{seed}", DENSITY, columns, width, seed)
    return tmp_path / "written"


def test_runs_are_found_as_by_the_commands(written, monkeypatch):
    columns = {"accuracy": np.ones((1, 4))}
    write_run(written.parent, "broken", DENSITY, columns, width=70).fail("no room")
    monkeypatch.chdir(written.parent)
    study = pp.load("written")
    states = {run.id: run.state for run in study.runs}
    assert states == dict.fromkeys(["w50s0", "w50s1", "w100s0", "w100s1"], "done") | {
        "broken": "failed"
    }
    assert len(study) == 5 and "failed" in study._repr_html_()
    assert {run.id for run in pp.load("written/w50*").runs} == {"w50s0", "w50s1"}
    assert [run.id for run in pp.load([study.runs[0], written / "w50s1"]).runs] == [
        study.runs[0].id, "w50s1",
    ]  # fmt: skip
    monkeypatch.chdir("/")
    assert len(study.observables) == 4 * 3 * 4 and study.transition().system.nunique() == 2
    with pytest.raises(pp.UserError, match="nowhere: there is no such folder"):
        pp.load("nowhere")
    with pytest.raises(pp.UserError, match="none of the 1 runs is done"):
        _ = pp.load(written / "broken").observables


def test_a_run_has_its_name_configuration_and_tables(written):
    run = next(run for run in pp.load(written).runs if run.id == "w100s1")
    assert run.name == "fc mnist magnitude model.widths=[100,100] seed=1"
    assert (run.study, run.folder, run.config.model.widths) == (
        "written", written / "w100s1", [100, 100],
    )  # fmt: skip
    assert run.info.state == "done" and run.config.seed == 1
    record = next(one for one in find_records(written) if one.id == "w100s1")
    assert run.observables.equals(record.observables()) and run.layers.equals(record.layers())
    with pytest.raises(pp.UserError, match="training.parquet is missing"):
        _ = run.training


def test_tables_of_all_runs_name_systems_and_options(written):
    study = pp.load(written)
    for table, name in ((study.observables, "observables"), (study.layers, "layers")):
        assert list(table.columns[:8]) == [
            "system", "study", "run", "model", "dataset", "pruner", "model.widths",
            "seed" if name == "layers" else "step",
        ]  # fmt: skip
        for system, records in systems_of(find_records(written)).items():
            rows = table[table.system == system]
            assert set(rows.run) == {record.id for record in records}
            assert len(rows) == sum(len(getattr(record, name)()) for record in records)
    assert list(study.table(["accuracy"]).columns[-2:]) == ["seed", "accuracy"]
    with pytest.raises(pp.UserError, match="columns: no run has acuracy"):
        study.table(["acuracy"])


@pytest.mark.parametrize("control", ["density", "num_kept"])
def test_the_transition_has_means_and_standard_errors_over_pooled_replicas(
    control, written, accuracy
):
    table = pp.load(written).transition(control)
    assert table.system.nunique() == 2 and (table.num_replicas == 6).all()
    for width, own in zip((50, 100), accuracy, strict=True):
        rows = table[table.system.str.contains(f"{width},{width}")]
        pooled = own.reshape(6, 4)[:, :3]  # without the empty network
        np.testing.assert_allclose(rows.accuracy, pooled.mean(axis=0))
        np.testing.assert_allclose(rows.accuracy_error, pooled.std(axis=0, ddof=1) / np.sqrt(6))
        expected = DENSITY[:3] * (1 if control == "density" else width**2)
        np.testing.assert_allclose(rows[control], expected)
        np.testing.assert_allclose(rows.num_kept, DENSITY[:3] * width**2)
        assert (
            rows.prediction_entropy == ENTROPY
        ).all() and rows.prediction_entropy_error.max() == 0
    with pytest.raises(pp.UserError, match="control=width: choose density"):
        pp.load(written).transition("width")


def test_the_transition_keeps_rates_and_sizes_apart(tmp_path):
    losses = planted(*LEARNING)
    write_grid_run(tmp_path, "grid", losses)
    study = pp.load(tmp_path / "written")
    table = study.transition()
    assert len(table) == losses.values[..., 0].size
    row = table[
        (table.p_train == losses.p_train[1])
        & (table.p_eval == losses.control[2])
        & (table.train_size == losses.sizes[0])
    ]
    assert row.loss.item() == pytest.approx(losses.values[1, 2, 0].mean())
    with pytest.raises(pp.UserError, match="the run holds several p_train"):
        study.plot_transition(Figure().subplots())
    assert {point.phase for point in study.phase_diagram().points} <= {*PHASES, "undecided"}


def test_the_plot_shows_the_table_on_the_axes_that_are_given(written):
    study, axis = pp.load(written), Figure().subplots()
    assert study.plot_transition(axis, control="num_kept") is axis
    table = study.transition("num_kept")
    lines = {str(line.get_label()): line for line in axis.lines[:2]}
    assert set(lines) == set(table.system)
    for system, line in lines.items():
        rows = table[table.system == system].sort_values("num_kept")
        np.testing.assert_allclose(line.get_xdata(), rows.num_kept)
        np.testing.assert_allclose(line.get_ydata(), rows.accuracy)
    colours = [band.get_facecolor()[0, :3].tolist() for band in axis.collections]
    assert colours[0] != colours[1] and len({line.get_marker() for line in lines.values()}) == 2
    legend = axis.get_legend()
    assert legend and [text.get_text() for text in legend.get_texts()] == list(lines)
    assert is_dense_left(axis) and axis.get_xlabel() == "number of surviving weights"


def test_an_order_parameter_is_corrected_and_an_unknown_one_refused(written, accuracy):
    study, axis = pp.load(written / "w50s0"), Figure().subplots()
    study.plot_transition(axis, "corrected_accuracy")
    (line,) = axis.lines
    mean = accuracy[0, 0, :, :3].mean(axis=0)
    np.testing.assert_allclose(line.get_ydata(), ((mean - 0.1) / 0.9)[::-1])
    assert axis.get_legend() is None
    with pytest.raises(pp.UserError, match="order_parameter=acuracy: choose corrected_acc"):
        study.plot_transition(axis, "acuracy")
    with pytest.raises(pp.UserError, match="the run has no outcome_entropy"):
        study.plot_transition(axis, "outcome_entropy")


def test_an_observable_of_a_users_own_is_known_from_the_runs(written):
    record = find_records(written)[0]
    table = record.observables()
    record.write_tables(table.assign(colour_of_runs=table.accuracy), record.layers())
    info = json.loads(record.info_file.read_text())
    info["observables"] = [
        {"name": "colour_of_runs", "label": "colour", "section": "mine", "is_order_parameter": True}
    ]
    record.info_file.write_text(json.dumps(info))
    study = pp.load(record.folder)
    assert study.plot_transition(Figure().subplots(), "colour_of_runs").get_ylabel() == "colour"
    table = study.transition()
    assert table.colour_of_runs.equals(table.accuracy)


def test_without_axes_new_ones_are_made(written):
    from matplotlib import pyplot

    axis = pp.load(written).plot_transition()
    assert axis.figure in map(pyplot.figure, pyplot.get_fignums())
    pyplot.close("all")


def test_an_unknown_name_lists_the_analyses(written):
    with pytest.raises(AttributeError, match="a study has no 'exponent'; its analyses are capac"):
        _ = pp.load(written).exponent
    with pytest.raises(AttributeError, match="has no attribute 'laod'"):
        _ = pp.laod
    assert {"load", "run", "Study", "__version__"} <= set(dir(pp))
