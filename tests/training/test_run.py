"""One run: its record holds what is promised, a finished run is skipped, failures are one line."""

import json

import pytest

from pruning_phases.config.identity import run_id
from pruning_phases.ensemble import memory
from pruning_phases.errors import Busy, RunError, UserError
from pruning_phases.observables.layers import WHOLE
from pruning_phases.records.run import DONE, FAILED, RunRecord
from pruning_phases.records.snapshots import FINAL
from pruning_phases.records.tensors import read_tensors
from pruning_phases.training import run as engine
from pruning_phases.training.loop import EnsembleModule
from tests.support.runs import make


def test_a_finished_run_is_skipped_without_reading_the_data(configure, monkeypatch):
    config = configure()
    first = make(config)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    monkeypatch.setattr(engine, "run", None)
    make(config)
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("model.widths=[999999,999999,2]", r"^model: .* GiB or more, .*: give a smaller model"),
        ("training.batch_size=1000000 model.width=9999", r"^training\.batch_size=1000000: .* GiB"),
        ("dataset=gaussian dataset.num_train=1000000000", r"^dataset: .* take 715\.\d GiB or more"),
        ("dataset=gaussian dataset.labels=teacher dataset.teacher_width=1000000 "
         "dataset.num_classes=1000000", r"^dataset: its examples take \d+\.\d GiB"),
    ],
)  # fmt: skip
def test_what_memory_cannot_hold_is_refused_before_anything_is_written(
    configure, monkeypatch, words, said
):
    monkeypatch.setattr(memory, "_memory", lambda device: 16 * 2**30)
    config = configure(*words.split())
    with pytest.raises(UserError, match=said):
        make(config)
    assert RunRecord(config.results_dir, config.study, run_id(config)).state is None


def test_two_processes_do_not_write_one_run(configure):
    config = configure()
    record = RunRecord(config.results_dir, config.study, run_id(config))
    with record.lock(), pytest.raises(Busy, match="another process"):
        make(config)


def test_the_record_holds_the_promised_columns_and_files(configure):
    record = make(configure("snapshots=[0.3]"))
    info = json.loads((record.folder / "run.json").read_text())
    assert info["state"] == DONE
    assert {"id", "physics", "machine", "segments", "finished"} <= set(info)
    table = record.observables()
    assert list(table.columns[:8]) == [
        "step", "density", "num_kept", "replica", "seed", "p_train", "p_eval", "train_size",
    ]  # fmt: skip
    assert {"accuracy", "loss", "prediction_entropy", "outcome_entropy", "class_order"} <= set(
        table
    )
    assert len(table) == 2 * 5
    assert (table.density == table.num_kept / info["network"]["num_prunable"]).all()
    assert not table.drop(columns="evolution_metric").isna().any().any()
    layers = record.layers()
    assert list(layers.layer.unique()) == ["fc1", "fc2", "fc3", "fc4", WHOLE]
    whole = layers[layers.layer == WHOLE].reset_index(drop=True)
    sums = layers[layers.layer != WHOLE].groupby(["step", "replica"]).num_kept.sum()
    assert (whole.num_kept.to_numpy() == sums.to_numpy()).all()
    assert (whole.num_kept == table.num_kept).all()
    assert {path.stem for path in (record.folder / "snapshots").iterdir()} == {
        "initial", "step_00000", "step_00001", "final",
    }  # fmt: skip
    assert not list(record.folder.rglob(".*"))
    assert set(record.info()["sha256"]) == {
        "observables.parquet", "layers.parquet", "training.parquet",
        *(f"snapshots/{file.name}" for file in (record.folder / "snapshots").iterdir()),
    }  # fmt: skip


def test_masks_and_weights_of_the_final_snapshot_agree(configure):
    record = make(configure())
    tensors, about = read_tensors(record.snapshot_file(FINAL))
    kept = sum(tensors[f"mask:{layer}.weight"].sum(axis=(1, 2)) for layer in about["layers"])
    assert (kept == record.observables().num_kept.iloc[-1]).all()
    for layer in about["layers"]:
        weights, mask = tensors[f"{layer}.weight"], tensors[f"mask:{layer}.weight"]
        assert (weights[mask == 0] == 0).all()


def test_a_loss_that_is_nan_fails_in_one_line_and_the_run_is_tried_again(configure):
    config = configure("optimizer=sgd", "optimizer.lr=1e30")
    for _ in range(2):
        with pytest.raises(RunError, match=r"replica .* NaN .*optimizer\.lr"):
            make(config)
        record = RunRecord(config.results_dir, config.study, run_id(config))
        assert record.state == FAILED
        assert "optimizer.lr" in record.info()["error"]


@pytest.mark.parametrize("num_lengths", [100, pytest.param(1500, marks=pytest.mark.slow)])
def test_a_record_truncated_at_any_length_is_named(configure, num_lengths):
    """Any of its files, truncated anywhere, gives one line, never an exception of a library."""
    record = make(configure("model.widths=[4,4,4]", "pruner.steps=1"))
    readers = {
        record.info_file: record.info,
        record.observables_file: record.observables,
        record.layers_file: record.layers,
        record.training_file: record.training,
        record.snapshot_file(FINAL): lambda: record.read_snapshot(FINAL),
    }
    for file, read in readers.items():
        content = file.read_bytes()
        lengths = range(len(content) - 2)  # run.json is whole without its last line break
        for length in lengths[:: max(1, len(lengths) // num_lengths)]:
            file.write_bytes(content[:length])
            with pytest.raises(UserError, match=f"{file.name}.*: delete") as caught:
                read()
            assert len(str(caught.value).splitlines()) == 1
        file.write_bytes(content)
        read()


def test_weights_lost_in_the_last_update_fail_the_run(configure, monkeypatch):
    train = EnsembleModule.training_step

    def explode(self, block, batch_idx):
        train(self, block, batch_idx)
        if self.step == self.num_steps:
            self.replicas.stacked("fc4.bias").data.fill_(float("nan"))

    monkeypatch.setattr(EnsembleModule, "training_step", explode)
    with pytest.raises(RunError, match=r"became NaN"):
        make(configure("pruner.finetune.amount=1"))


def test_files_are_as_readable_as_the_umask_says(configure):
    record = make(configure())
    modes = {path.stat().st_mode & 0o777 for path in record.folder.rglob("*") if path.is_file()}
    assert len(modes) == 1


def test_a_corrupt_record_is_named(configure):
    record = make(configure())
    record.info_file.write_text('{"id": "')
    with pytest.raises(UserError, match=r"run\.json is unreadable.*delete"):
        make(configure())
