"""Commands of the analyses on written records: keys of the results, figures, one-line errors."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from pruning_phases.observables.registry import order_parameters
from tests.analysis.collapse.test_sized_runs import DENSITY, accuracy
from tests.analysis.evolution.test_read import written
from tests.analysis.exponents.test_fit import planted
from tests.support.commands import command
from tests.support.written_records import write_run


@pytest.fixture
def transitions(tmp_path):
    """Two runs with a planted critical law, one without any transition."""
    for seed, critical in ((0, 2e-3), (1, 5e-3)):
        law = planted(seed, critical=critical)
        columns = {"accuracy": 0.1 + 0.9 * law.values, "prediction_entropy": law.values}
        write_run(tmp_path, f"run{seed}", law.control, columns, width=1000)
    flat = 0.9 + 0.01 * np.random.default_rng(0).normal(size=(4, 30))
    columns = {"accuracy": flat, "prediction_entropy": flat}
    write_run(tmp_path, "run2", np.geomspace(1e-3, 1, 30), columns, width=1000)
    return tmp_path


@pytest.mark.parametrize(
    "names",
    [
        ["corrected_accuracy"],
        pytest.param(["corrected_accuracy", "prediction_entropy"], marks=pytest.mark.slow),
    ],
)
def test_exponents_have_the_documented_keys(transitions, names):
    words = ["runs=written", "num_resampled=100", f"order_parameters=[{','.join(names)}]"]
    result = command("exponents", *words, cwd=transitions)
    assert result.returncode == 0, result.stderr
    folder = transitions / "written"
    fits = json.loads((folder / "exponents.json").read_text())["fits"]
    assert len(fits) == 3 * len(names)
    assert len({fit["name"] for fit in fits}) == 3
    for fit in fits:
        assert (fit["model"], fit["dataset"], fit["pruner"]) == ("fc", "mnist", "magnitude")
        assert set(fit["systematic"]) == {"critical_point", "exponent"}
        if fit["run"] == "run2":
            assert fit["critical_point"] is None and fit["exponent"] is None and fit["reason"]
            continue
        truth = {"run0": 2e-3, "run1": 5e-3}[fit["run"]]
        for key, true in (("critical_point", truth), ("exponent", 0.5)):
            total = np.hypot(fit["statistical"][key], fit["systematic"][key])
            assert fit[key]["error"] == pytest.approx(total)
            assert abs(fit[key]["value"] - true) < 3 * total
        low, high = fit["window"]
        assert low < high and fit["chi2_per_dof"] > 0
        assert sum(entry["weight"] for entry in fit["windows"]) == pytest.approx(1)
    table = pd.read_csv(folder / "exponents.csv")
    assert (
        len(table) == 3 * len(names)
        and table["name"].nunique() == 3
        and table["critical_point"].isna().sum() == len(names)
    )
    assert (folder / "exponents.tex").read_text().count(r"\\") == 1 + 3 * len(names)
    for name in ("exponents.png", "exponents.pdf", "exponents/run0.png", "exponents/run1.pdf"):
        assert (folder / name).stat().st_size > 5000
    assert "not determined" in result.stdout and "prune further" in result.stdout


def test_evolution_writes_its_numbers_and_figures(tmp_path):
    record, *_ = written(tmp_path, 10)
    result = command("evolution", f"runs={record.folder}", "output_dir=out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    folder = tmp_path / "out" / record.id
    content = json.loads((folder / "evolution.json").read_text())
    (jump,) = content["jumps"]
    assert (jump["start"], jump["end"]) == (1.0, 0.1)
    assert [row["layer"] for row in jump["layers"]] == ["conv", "fc", "all"]
    assert all(set(row["evolution_metric"]) == {"value", "error"} for row in jump["layers"])
    for name in ("weights.png", "weights.pdf", "evolution.png", "evolution.pdf"):
        assert (folder / name).stat().st_size > 5000


def test_evolution_of_too_few_surviving_weights_is_null_with_a_reason(tmp_path):
    record, *_ = written(tmp_path, 1)
    result = command("evolution", f"runs={record.folder}", "output_dir=out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "out" / record.id / "evolution.json").read_text())
    for row in content["jumps"][0]["layers"]:
        assert row["evolution_metric"] is None and "three surviving weights" in row["reason"]


def test_a_collapse_of_runs_with_crossings_and_peaks(tmp_path):
    for width in (16, 32, 64, 128):
        columns = {"accuracy": accuracy(width, 12, 0)}
        write_run(tmp_path, f"w{width}", DENSITY, columns, width)
    words = ["runs=written", "size=model.widths", "ansatz=power_law", "num_resampled=200"]
    result = command("collapse", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "written" / "collapse.json").read_text())
    found = content["power_law"]["critical_point"]
    assert abs(found["value"] - 0.2) < 3 * found["error"]
    assert "preferred" not in content and "bkt" not in content
    pairs = content["crossings"]["accuracy above chance"]["pairs"]
    assert [pair["sizes"] for pair in pairs] == [[16, 32], [32, 64], [64, 128]]
    for pair in pairs:
        assert abs(pair["control"]["value"] - 0.2) < 4 * pair["control"]["error"]
    assert set(content["crossings"]) == {"accuracy above chance", "Binder cumulant"}
    assert len(content["susceptibility"]["peaks"]) == 4


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("exponents", [], r"runs has no value: give runs=FOLDER"),
        ("exponents", ["runs=empty"], r"runs=empty: there is no such folder"),
        ("exponents", ["runs=.", "control=p_eval"], r"control=p_eval: choose density, num_kept"),
        ("percolation", ["runs=.", "control=width"], r"control=width: choose density, num_kept"),
        ("transition", ["runs=.", "control=width"], r"control=width: choose density, num_kept"),
        ("collapse", ["runs=.", "control=width"], r"control=width: choose density, .*, p_eval"),
        ("exponents", ["runs=."], r"runs=\.: none of the 1 runs is done \(failed\)"),
        ("exponents", ["runs=.", "order_parameters=[acc]"], r"order_parameters=acc: no such"),
        ("exponents", ["runs=.", "order_parameters=[]"], r"order_parameters is empty"),
        ("exponents", ["runs=7"], r"runs=7: there is no such folder"),
        ("exponents", ["runs=.", "num_resampled=10"], r"num_resampled=10: give a number from 100"),
        ("evolution", ["runs=.", "replica=x"], r"replica: value 'x' of type 'str' could not be"),
        ("evolution", ["run=."], r"run: no such key; did you mean runs"),
    ],
)
def test_a_bad_command_gives_one_line(name, overrides, said, tmp_path):
    write_run(tmp_path, "run", np.ones(1), {"accuracy": np.ones((2, 1))}).fail("no room")
    result = command(name, *overrides, cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert re.search(said, result.stderr)


def test_a_missing_replica_gives_one_line(tmp_path):
    record, *_ = written(tmp_path, 3)
    result = command("evolution", f"runs={record.folder}", "replica=2", cwd=tmp_path)
    assert result.returncode == 2
    assert "replica=2: run run holds 0 to 1" in result.stderr


def test_evolution_plots_any_order_parameter(tmp_path):
    record, *_ = written(tmp_path, 10)
    every = [one for one in order_parameters() if one in record.observables()]
    every.append("corrected_accuracy")
    words = [f"runs={record.folder}", f"order_parameters=[{','.join(every)}]"]
    result = command("evolution", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
