"""The collapse command: one-line errors for bad tables and options, keys of the results."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pruning_phases.analysis.collapse.config import COLUMNS, CollapseConfig
from pruning_phases.errors import UserError
from tests.support.commands import command
from tests.support.planted import planted_power_law

ROOT = Path(__file__).parents[3]


def table() -> pd.DataFrame:
    points, _ = planted_power_law(0)
    return pd.DataFrame(
        {"control": points.control, "size": points.size, "value": points.value,
         "error": points.error}
    )  # fmt: skip


def altered(column, row, value):
    content = table().astype(object)
    content.loc[row, column] = value
    return content


BAD = {
    "missing column": (
        table().drop(columns="value"),
        r"no column value; .*control,size,value,error",
    ),
    "word": (altered("control", 0, "hot"), r"control of point 1 is hot"),
    "negative error": (altered("error", 7, -0.1), r"error of point 8 is -0\.1"),
    "negative size": (altered("size", 2, -8), r"size of point 3 is -8"),
    "one size": (table()[lambda t: t["size"] == 8], r"1 size: .*compares two or more"),
    "few points": (table().groupby("size").head(3), r"points at 3 values .* are needed"),
    "duplicate": (pd.concat([table(), table()[:1]]), r"points 1 and \d+ are both at control"),
    "empty": (table()[:0], r"0 size"),
    "apart": (
        pd.concat([table(), table()[:20].assign(control=range(100, 120), size=999)]),
        r"and 999 share no range of the control",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_gives_one_line_and_no_files(case, tmp_path):
    content, said = BAD[case]
    content.to_csv(tmp_path / "bad.csv", index=False)
    result = command("collapse", "table=bad.csv", cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert re.search(said, result.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("table=none.csv", r"table=none\.csv: there is no such file"),
        ("num_resampled=200", r"give either runs=FOLDER or table=FILE\.csv"),
        ("+typo=1", r"typo: no such key"),
        ("tabel=x.csv", r"tabel: no such key; did you mean table"),
        ("ansatz=[kt]", r"ansatz=kt: choose power_law or bkt"),
        ("runs=nowhere", r"runs=nowhere: there is no such folder"),
        ("--quick", r"--quick: no such flag"),
        ("-m", r"-m: a sweep makes runs"),
        ("window=0.3", r"window: give a list, window=\[A,B\]"),
        ("points.csv", r"points\.csv: give KEY=points\.csv"),
        ("num_resampled=5", r"num_resampled=5: give a number from 100"),
        ("order_parameter=acc", r"order_parameter=acc: no such order parameter"),
        ("columns=size", r"columns: give a list, columns=\[A,B\]"),
    ],
)
def test_a_bad_option_gives_one_line(override, said, tmp_path):
    extra = [] if "=" in override and override.split("=")[0] in ("table", "runs") else ["seed=1"]
    if override.startswith("ansatz"):
        extra = ["table=x.csv"]
    result = command("collapse", override, *extra, cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert re.search(said, result.stderr)


@pytest.mark.parametrize("columns", [[], ["a", "b"], ["size", *COLUMNS], [*COLUMNS, "x", "x"]])
def test_columns_name_the_four_of_a_table_once_each(columns):
    with pytest.raises(UserError, match=r"^columns=\[.*\]: name control, size, value, error once"):
        CollapseConfig(table="x.csv", columns=columns).check()


def test_columns_without_a_table_are_refused():
    with pytest.raises(UserError, match="^columns names those of a table: give table=FILE"):
        CollapseConfig(runs="x", columns=[*COLUMNS]).check()


def test_results_have_the_documented_keys(tmp_path):
    table().to_csv(tmp_path / "good.csv", index=False)
    words = ["table=good.csv", "num_resampled=100", "ansatz=power_law,bkt"]
    result = command("collapse", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "good_collapse" / "collapse.json").read_text())
    for ansatz, names in (
        ("power_law", ("critical_point", "nu", "beta")),
        ("bkt", ("critical_point", "sigma", "L0", "Delta")),
    ):
        for name in names:
            found = content[ansatz][name]
            if found is None:
                assert content[ansatz]["reasons"][name]
            else:
                assert set(found) == {"value", "error"}
        assert content[ansatz]["chi2_per_dof"] > 0
    assert content["source"]["table"] == "good.csv" and content["source"]["sizes"][0] == 8
    assert content["preferred"] in ("power_law", "bkt", "undecided")
    for name in ("collapse.png", "collapse.pdf", "crossings.png", "crossings.pdf"):
        assert (tmp_path / "good_collapse" / name).stat().st_size > 5000


def test_analyses_do_not_import_torch():
    modules = (
        "collapse", "exponents", "evolution", "analysis.evolution.fit",
        "analysis.collapse.sized_runs",
    )  # fmt: skip
    names = ", ".join(f"pruning_phases.{module}" for module in modules)
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
