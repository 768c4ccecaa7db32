"""Analyses called from Python: the numbers of the commands, no files, no output."""

import inspect
import json
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import pruning_phases as pp
from pruning_phases.analysis.common import results
from pruning_phases.analysis.registry import RUN, analyses
from pruning_phases.api.analyses import computed
from tests.analysis.capacity.test_capacity import write_capacity_run
from tests.analysis.collapse.test_sized_runs import DENSITY, accuracy
from tests.analysis.evolution.test_read import written
from tests.analysis.percolation.test_fit import DENSITY as GRAPH_DENSITY
from tests.analysis.percolation.test_fit import planted as planted_graphs
from tests.analysis.phase_diagram.test_fit import LEARNING
from tests.analysis.phase_diagram.test_fit import planted as planted_losses
from tests.analysis.rewiring.test_rewiring import write_family
from tests.analysis.sparse_features.test_sparse_features import write_curves
from tests.analysis.sparsest.test_sparsest import write_search
from tests.analysis.survival.test_survival import write_teacher
from tests.analysis.universality.test_universality import DENSITY as FALL_DENSITY
from tests.analysis.universality.test_universality import accuracy as falling
from tests.support.commands import command
from tests.support.written_records import write_grid_run, write_run

SNIP = {"score": "snip", "scored_on": "initial", "trains_from": "initial"}


def write_widths(folder: Path) -> None:
    for width in (16, 32, 64):
        columns = {"accuracy": accuracy(width, 12, 0)}
        write_run(folder, f"w{width}", DENSITY, columns, width)


def write_falls(folder: Path) -> None:
    for width in (100, 200):
        columns = {"accuracy": falling(width)}
        write_run(folder, f"w{width}", FALL_DENSITY, columns, width)


def write_graphs(folder: Path) -> None:
    curves = planted_graphs()
    columns = {
        "accuracy": 0.1 + 0.85 * curves.accuracy, "largest_cluster": curves.largest_cluster,
        "mean_cluster": curves.mean_cluster,
        "log_num_paths": np.where(curves.connected > 0, 3.0, -np.inf),
    }  # fmt: skip
    columns = {name: values[:, ::-1] for name, values in columns.items()}
    write_run(folder, "planted", GRAPH_DENSITY[::-1], columns)


def write_families(folder: Path) -> None:
    write_family(folder, "random", "random", shift=0.2)
    write_family(folder, "original", "original")


# Analysis -> function that writes its runs into a folder, and keys.
CASES = {
    "capacity": (lambda folder: write_capacity_run(folder, SNIP, "snip"), {"threshold": 0.95}),
    "collapse": (
        write_widths,
        {"ansatz": ["power_law"], "num_resampled": 100, "correction": 1.0, "window": [0.1, 0.3]},
    ),
    "evolution": (lambda folder: written(folder, 10), {"order_parameters": ["accuracy"]}),
    "sparse_features": (write_curves, {"num_resampled": 100}),
    "sparsest": (write_search, {"target": 0.6}),
    "exponents": (write_widths, {"order_parameters": ["accuracy"], "num_resampled": 100}),
    "percolation": (write_graphs, {"control": "num_kept", "num_resampled": 100, "seed": 3}),
    "phase_diagram": (
        lambda folder: write_grid_run(folder, "grid", planted_losses(*LEARNING)),
        {"confidence": 0.9},
    ),
    "rewiring": (write_families, {}),
    "survival": (write_teacher, {"epochs": 3, "batch_size": 64}),
    "universality": (write_falls, {"num_resampled": 100}),
    "verdict": (write_widths, {"control": "num_kept", "num_resampled": 100}),
}


def words(options):
    return [f"{key}={json.dumps(value)}" for key, value in options.items()]


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_every_analysis_with_results_has_a_case():
    assert set(CASES) == set(computed()) == set(analyses()) - {"report", "table", "transition"}


@pytest.mark.parametrize("name", CASES)
def test_content_is_that_of_the_command_and_no_file_is_written(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write, options = CASES[name]
    write(tmp_path)
    before = files(tmp_path)
    (folder,) = {file.parent.parent for file in tmp_path.rglob("run.json")}
    result = pp.analyse(name, runs=folder.name, **options)
    assert files(tmp_path) == before and capsys.readouterr().out == ""

    monkeypatch.setattr(results, "save_figure", lambda figure, stem: stem.with_suffix(".png"))
    asked = command(name, f"runs={folder.name}", "output_dir=out", *words(options), cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    found = sorted((tmp_path / "out").rglob(f"{name}.json"))
    contents = [json.loads(file.read_text()) for file in found]
    assert result.to_json() == (contents if analyses()[name].SCOPE == RUN else contents[0])
    assert str(result).strip() and str(result).strip() in asked.stdout
    assert result._repr_html_().count("<table") == len(re.findall(r"^ *─+", str(result), re.M))

    method = getattr(pp.load(folder.name), "fit_exponents" if name == "exponents" else name)
    again = method(**options, output_dir="api").to_json()
    assert without_source(again) == without_source(result.to_json())
    assert files(tmp_path / "api") == files(tmp_path / "out")


@pytest.mark.parametrize("name", [name for name in CASES if name != "capacity"])
def test_every_panel_is_plotted_on_the_axes_that_are_given(name, tmp_path):
    write, options = CASES[name]
    write(tmp_path)
    (folder,) = {file.parent.parent for file in tmp_path.rglob("run.json")}
    check_panels(pp.analyse(name, runs=folder, **options))


def test_every_panel_of_the_fits_of_several_runs_is_plotted(transitions):
    result = pp.load(transitions).fit_exponents(order_parameters=["accuracy"], num_resampled=100)
    check_panels(result)
    names = {fit.name for fit in result.fits if fit.window}
    assert len(names) == 2
    kinds = ("", " residuals", " windows")
    assert {*result.panels} == {f"{name}: accuracy{kind}" for name in names for kind in kinds} | {
        "curves"
    }


def check_panels(result):
    """Every panel is plotted on the axes that are given, the first one by default."""
    assert result.panels
    for panel in result.panels:
        axis = Figure().subplots()
        assert result.plot(axis, panel) is axis
        assert axis.get_xlabel() and axis.get_ylabel(), panel
    assert result.plot(Figure().subplots()).has_data()
    assert panel_content(result.plot(Figure().subplots())) == panel_content(
        result.plot(Figure().subplots(), result.panels[0])
    )


def panel_content(axis):
    """Labels of an axis, and the points of its lines."""
    lines = [line.get_xydata().tolist() for line in axis.lines]
    return axis.get_xlabel(), axis.get_ylabel(), lines


def test_an_analysis_without_panels_says_so(tmp_path):
    write, options = CASES["capacity"]
    write(tmp_path)
    (folder,) = {file.parent.parent for file in tmp_path.rglob("run.json")}
    result = pp.analyse("capacity", runs=folder, **options)
    with pytest.raises(pp.UserError, match="no panel for axes of your own; figure"):
        result.plot()


def without_source(content):
    """Leave out the folder of the runs, which a study names by its absolute path."""
    return content if isinstance(content, list) else content | {"source": None}


def test_a_table_of_points_is_analysed_without_runs(tmp_path, monkeypatch):
    path = tmp_path / "points.csv"
    path.write_text("control,size,value,error\n" + "".join(
        f"{control},{size},{np.exp(-control * size):.6f},0.01\n"
        for size in (8, 16, 32) for control in np.linspace(0, 0.2, 12)
    ))  # fmt: skip
    result = pp.analyse(
        "collapse", table=path, ansatz="power_law", num_resampled=np.int64(100), window=(0, 0.19)
    )
    assert result.source.window == [0, 0.19] and result.source.num_points < 36
    assert result.power_law.chi2_per_dof > 0
    assert not (tmp_path / "points_collapse").exists()

    frame = pd.read_csv(path)
    options = {"ansatz": "power_law", "num_resampled": 100, "window": (0, 0.19)}
    again = pp.analyse("collapse", table=frame, **options)
    assert again.to_json() | {"source": 0} == result.to_json() | {"source": 0}
    assert again.source.table == "table"
    named = frame.set_axis(["p", "L", "y", "dy"], axis=1)
    columns = ["control", "size", "value", "error"]
    renamed = pp.analyse("collapse", table=named, columns=columns, **options)
    assert renamed.power_law.nu == result.power_law.nu
    with pytest.raises(pp.UserError, match="table=table: no column control"):
        pp.analyse("collapse", table=named, **options)
    monkeypatch.chdir(tmp_path)
    again.save()
    assert (tmp_path / "table_collapse" / "collapse.json").exists()


def test_the_methods_of_a_study_have_the_keys_of_the_commands(transitions):
    study = pp.load(transitions)
    for name, module in computed().items():
        method = getattr(study, name)
        keys = {part.name for part in fields(module.CONFIG)} - {"runs"}
        parameters = inspect.signature(method).parameters
        assert set(parameters) == keys and name in dir(study)
        default = module.CONFIG()
        assert all(one.default == getattr(default, key) for key, one in parameters.items())
        assert all(f"  {key}: " in method.__doc__ for key in keys)
    for name in ("table", "transition"):
        keys = {part.name for part in fields(analyses()[name].CONFIG)} - {"runs", "output_dir"}
        assert set(inspect.signature(getattr(study, name)).parameters) == keys


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("exponent", {}, "exponent: no such analysis; choose capacity, collapse"),
        ("table", {}, "table: no such analysis"),
        ("exponents", {}, "runs has no value"),
        ("exponents", {"runs": "nowhere"}, "runs=nowhere: there is no such folder"),
        ("exponents", {"runs": ".", "conrol": "density"}, "conrol: no such key; there are runs"),
        ("exponents", {"runs": ".", "num_resampled": "x"}, "num_resampled: Value 'x' of type"),
        ("exponents", {"runs": ".", "num_resampled": 10}, "num_resampled=10: give a number from"),
        ("exponents", {"runs": ".", "control": "width"}, "control=width: choose density"),
        ("exponents", {"runs": ".", "order_parameters": ["acc"]}, "order_parameters=acc: no such"),
        ("verdict", {"runs": "."}, "runs: 1 size"),
    ],
)
def test_a_bad_call_is_a_user_error_of_one_line(name, options, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_graphs(tmp_path)
    with pytest.raises(pp.UserError) as raised:
        pp.analyse(name, **options)
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_what_is_left_out_is_a_note(tmp_path):
    write_graphs(tmp_path)
    flat = {"accuracy": np.ones((2, 3)), "largest_cluster": np.ones((2, 3))}
    write_run(tmp_path, "flat", np.array([1, 0.5, 0.1]), flat, 50)
    result = pp.load(tmp_path / "written").percolation(num_resampled=100)
    (note,) = result.notes
    assert note.startswith("left out: ") and "flat" in note and len(result) == 1
    assert str(result).startswith(note)


def test_an_order_parameter_of_a_users_own_is_known_from_the_runs(tmp_path):
    curves = planted_graphs().accuracy[:, ::-1]
    record = write_run(tmp_path, "own", GRAPH_DENSITY[::-1], {"accuracy": curves, "mine": curves})
    info = json.loads(record.info_file.read_text())
    info["observables"] = [
        {"name": "mine", "label": "mine", "section": "mine", "is_order_parameter": True}
    ]
    record.info_file.write_text(json.dumps(info))
    result = pp.analyse(
        "exponents", runs=pp.load(record.folder).runs, order_parameters=("mine",), num_resampled=100
    )
    assert result.fits[0].order_parameter == "mine"
