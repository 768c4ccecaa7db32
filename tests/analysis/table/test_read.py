"""The table of runs: identity, differing options, missing columns."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.table import TableConfig, analyse
from pruning_phases.analysis.table.read import combine
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from tests.support.written_records import write_run

DENSITY = np.array([1.0, 0.1])
IDENTITY = ["study", "run", "model", "dataset", "pruner"]


def write(tmp_path, run_id, **more):
    return write_run(tmp_path, run_id, DENSITY, {"accuracy": np.full((2, 2), 0.5)}, **more)


@pytest.fixture
def two_runs(tmp_path):
    """Runs that differ in seed and width; only the second has a training accuracy."""
    first, second = write(tmp_path, "first", seed=1), write(tmp_path, "second", seed=2, width=20)
    second.write_tables(second.observables().assign(train_accuracy=0.25), second.layers())
    return [first, second]


def test_rows_hold_the_identity_and_the_differing_options(two_runs, tmp_path):
    assert combine(two_runs, None, tmp_path / "all.parquet") == 8
    table = pd.read_parquet(tmp_path / "all.parquet")
    assert list(table.columns[:6]) == [*IDENTITY, "model.widths"]
    assert table["model.widths"].unique().tolist() == ["[100, 100]", "[20, 20]"]
    assert table.groupby("run")["seed"].first().to_dict() == {"first": 1, "second": 2}
    assert set(table["pruner"]) == {"magnitude"} and set(table["study"]) == {"written"}


def test_a_column_that_a_run_lacks_is_null(two_runs, tmp_path):
    combine(two_runs, None, tmp_path / "all.parquet")
    table = pd.read_parquet(tmp_path / "all.parquet").set_index("run")
    assert table.loc["first", "train_accuracy"].isna().all()
    assert (table.loc["second", "train_accuracy"] == 0.25).all()


def test_an_option_that_a_run_lacks_is_null(tmp_path):
    runs = [write(tmp_path, "old"), write(tmp_path, "new", clip=0.5)]
    combine(runs, ["density"], tmp_path / "all.parquet")
    table = pd.read_parquet(tmp_path / "all.parquet").set_index("run")
    assert table.loc["old", "clip"].isna().all() and (table.loc["new", "clip"] == 0.5).all()


def test_only_the_columns_asked_for_are_written(two_runs, tmp_path):
    combine(two_runs, ["density"], tmp_path / "few.parquet")
    few = pd.read_parquet(tmp_path / "few.parquet")
    assert list(few.columns) == [*IDENTITY, "model.widths", "seed", "density"]


def test_an_unknown_column_is_refused(two_runs, tmp_path):
    with pytest.raises(UserError, match="columns: no run has acuracy; there are step, density"):
        combine(two_runs, ["acuracy"], tmp_path / "all.parquet")


def test_a_damaged_record_is_refused(two_runs, tmp_path):
    two_runs[0].observables_file.write_bytes(b"PAR1")
    with pytest.raises(UserError, match="unreadable"):
        combine(two_runs, None, tmp_path / "all.parquet")
    assert not (tmp_path / "all.parquet").exists()


def test_the_table_is_written_beside_the_runs(tmp_path, capsys):
    write(tmp_path, "only")
    analyse(TableConfig(str(tmp_path / "written"), columns=["accuracy"]), new_console())
    (path,) = tmp_path.rglob("runs.parquet")
    assert str(path.name) in capsys.readouterr().out and len(pd.read_parquet(path)) == 4
