"""Damaged records are reported with the cure."""

import json
import os

import numpy as np
import pytest

from pruning_phases.config.optimizer import AdamConfig, OneStepConfig
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import measured
from pruning_phases.records.run import find_records
from tests.conftest import TINY
from tests.support.commands import train
from tests.support.written_records import write_run


@pytest.fixture
def record(tmp_path):
    return write_run(tmp_path, "run", np.array([1.0, 0.1]), {"accuracy": np.ones((2, 2))})


def test_a_run_without_training_from_initial_weights_has_no_training_table(record):
    with pytest.raises(UserError, match=r"training.parquet is missing: run run trained no network"):
        record.training()


def test_a_missing_table_is_reported(record):
    record.layers_file.unlink()
    with pytest.raises(UserError, match=r"layers.parquet is missing: delete the run's folder"):
        record.layers()


def test_a_truncated_table_is_reported(record):
    record.layers_file.write_bytes(record.layers_file.read_bytes()[:100])
    with pytest.raises(
        UserError, match=r"layers.parquet is unreadable .*: delete the run's folder"
    ):
        record.layers()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is unreadable"),
        ("[1]", "is not the record of run run"),
        (json.dumps({"id": "other", "physics": {}}), "is not the record of run run"),
        (json.dumps({"id": "run", "physics": {}}), "was made by an earlier version"),
    ],
)
def test_a_damaged_record_is_reported(record, content, message):
    record.info_file.write_text(content)
    with pytest.raises(UserError, match=f"{message}.*: delete the run's folder"):
        record.info()


def test_a_finished_run_without_a_column_of_this_version_is_named(tmp_path):
    words = [*TINY, "results_dir=results"]
    assert train(*words, cwd=tmp_path).returncode == 0
    (record,) = find_records(tmp_path / "results")
    assert record.lacking(measured(AdamConfig("adam"))) == []
    assert measured(OneStepConfig("one_step")) == []
    record.observables().drop(columns="mean_degree").to_parquet(record.observables_file)
    assert "an earlier version made it, without mean_degree" in train(*words, cwd=tmp_path).stdout
    assert "lack columns" in (said := train("-m", *words, cwd=tmp_path).stdout), said
    assert "mean_degree (1)" in said


def test_a_folder_that_vanishes_during_the_search_hides_no_run(tmp_path, record, monkeypatch):
    """A resumed offline run deletes the folder of W&B that it replaces."""
    vanishing = record.folder.parent / "another" / "wandb"
    vanishing.mkdir(parents=True)
    scan = os.scandir

    def scandir(path="."):
        if os.fspath(path) == str(vanishing):
            raise FileNotFoundError(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert [one.id for one in find_records(tmp_path)] == [record.id]
