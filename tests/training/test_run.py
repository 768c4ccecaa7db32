"""Runs: killed anywhere they end the same, done ones are skipped, every option has an effect."""

import json
import os
import signal
import sys
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.config.identity import run_id
from pruning_phases.config.run import Config
from pruning_phases.errors import Busy, RunError, UserError
from pruning_phases.observables.layers import WHOLE
from pruning_phases.records.atomic import BESIDE
from pruning_phases.records.run import DONE, FAILED, FINAL, RUNNING, RunRecord
from pruning_phases.training import run as engine
from pruning_phases.training.callbacks.record import Record
from pruning_phases.training.loop import EnsembleModule
from tests.support import kills


def make(config: Config) -> RunRecord:
    return make_run(config, Console(quiet=True))


def fresh(config: Config, name: str) -> Config:
    config.results_dir = str(Path(config.results_dir) / name)
    return config


def results(record: RunRecord) -> dict[str, bytes]:
    """The files that must not differ by a byte, however the run came to its end."""
    return kills.files(record.folder)


SGD = ["optimizer=sgd", "optimizer.weight_decay=1e-3"]


def interrupted(config: Config, monkeypatch, last_round: int) -> RunRecord:
    """The record of a run that is cut off once so many rounds have been recorded."""
    write, rounds = Record.on_train_epoch_end, []

    def killed(self, trainer, module):
        write(self, trainer, module)
        rounds.append(module.round)
        if len(rounds) == last_round:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Record, "on_train_epoch_end", killed)
        make(config)
    return RunRecord(config.results_dir, config.study, run_id(config))


def counted(config: Config, monkeypatch) -> tuple[RunRecord, list[int]]:
    """A run that nothing disturbs, and the step of each of its rounds."""
    write, steps = Record.on_train_epoch_end, []

    def noted(self, trainer, module):
        write(self, trainer, module)
        steps.append(module.step)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "on_train_epoch_end", noted)
        return make(config), steps


class Killed(BaseException):
    """Stands in for SIGKILL inside the process: no handler may act on it."""


KINDS = {
    "plain": [],
    "cnn": ["model=cnn", "model.widths=[12]", "model.channels=[4,5]"],
    "cnn, sgd, random": [
        "model=cnn",
        "model.widths=[9]",
        "model.channels=[4,5]",
        *SGD,
        "pruner=random",
    ],
    "without fine-tuning": ["pruner.finetune.amount=0"],
    "dropout and snapshots": ["dropout_phase=fixed", "snapshots=[0.5,0.1]"],
    "plateau": ["pruner.finetune.rule=plateau", "pruner.finetune.amount=2"],
    "sgd": [*SGD, "pruner.scope=layer"],
    "snip": ["pruner=snip", "dropout_phase=fixed"],
    "synflow, plateau": ["pruner=synflow", "pruner.score_rounds=5"],
    "imp, rewound to update 3": ["pruner=imp", "pruner.rewind_update=3"],
    "magnitude after": ["pruner=magnitude_one_shot"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_cut_off_after_any_round_ends_with_the_same_bytes(configure, monkeypatch, kind):
    """In the midst of the dense training, at its end, in the midst of or after a later step, and
    once after the last of all."""
    evaluated = ["training.measure_on_train_set=true", "training.budget.amount=4"]
    overrides = ["checkpoint_seconds=0", *evaluated, *KINDS[kind]]
    whole, steps = counted(fresh(configure(*overrides), "whole"), monkeypatch)
    dense = steps.count(0)
    assert dense > 2 and len(set(steps)) == 5
    places = {dense // 2, dense, (dense + len(steps)) // 2}
    for last_round in sorted(places | ({dense + 1, len(steps)} if kind == "plain" else set())):
        config = fresh(configure(*overrides), f"cut after {last_round}")
        interrupted(config, monkeypatch, last_round)
        resumed = make(config)
        assert results(resumed) == results(whole)
        assert len(resumed.info()["resumed"]) == 1
    assert whole.state == DONE
    assert not whole.checkpoint_file.exists()


@pytest.mark.parametrize("kind", kills.KINDS)
def test_sigkill_at_random_moments_then_the_same_command(kind, tmp_path):
    """The whole process dies by SIGKILL, again and again, beside a second writer, then the run is
    let through. ``python -m tests.support.kills 100`` kills more often."""
    kills.Killer(tmp_path, seed=int.from_bytes(os.urandom(4))).one(kind, most=2)


def test_a_finished_run_is_skipped_without_a_look_at_the_data(configure, monkeypatch):
    config = configure()
    first = make(config)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    monkeypatch.setattr(engine, "run", None)
    make(config)
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


def test_a_warning_waits_for_the_checkpoint_and_is_then_handed_over(configure, monkeypatch):
    """As on SLURM: submitit's answer to the signal puts the job in the queue again and leaves; the
    job then does the same command again."""
    answered = []

    def requeue(number, frame):
        answered.append(number)
        sys.exit(-1)

    config = fresh(configure("training.budget.amount=4"), "warned")  # checkpoints are seconds apart
    whole = results(make(fresh(configure("training.budget.amount=4"), "whole")))
    step = EnsembleModule.training_step

    def warned(self, chunk, batch_idx):
        step(self, chunk, batch_idx)
        if (self.step, self.round) == (0, 1) and not answered:
            signal.raise_signal(signal.SIGUSR2)
            assert not answered

    before = signal.signal(signal.SIGUSR2, requeue)
    try:
        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(EnsembleModule, "training_step", warned)
            make(config)
        assert signal.getsignal(signal.SIGUSR2) is requeue and answered == [signal.SIGUSR2]
    finally:
        signal.signal(signal.SIGUSR2, before)
    record = RunRecord(config.results_dir, config.study, run_id(config))
    about = record.read_about(record.checkpoint_file)
    assert (about["step"], about["rounds"]) == (0, 2) and record.state == RUNNING
    assert results(make(config)) == whole


def test_two_processes_do_not_write_one_run(configure):
    config = configure()
    record = RunRecord(config.results_dir, config.study, run_id(config))
    with record.lock(), pytest.raises(Busy, match="another process"):
        make(config)


def test_the_record_holds_what_the_contract_says(configure):
    record = make(configure("snapshots=[0.3]"))
    info = json.loads((record.folder / "run.json").read_text())
    assert info["state"] == DONE
    assert {"id", "physics", "machine", "git", "versions", "started", "finished"} <= set(info)
    table = record.observables()
    assert list(table.columns[:8]) == [
        "step", "density", "num_kept", "replica", "seed", "p_train", "p_eval", "train_size",
    ]  # fmt: skip
    assert {"accuracy", "loss", "prediction_entropy", "outcome_entropy", "class_order"} <= set(
        table
    )
    assert len(table) == 2 * 5
    assert not table.drop(columns="evolution_metric").isna().any().any()
    layers = record.layers()
    assert list(layers.layer.unique()) == ["fc1", "fc2", "fc3", "fc4", WHOLE]
    whole = layers[layers.layer == WHOLE].reset_index(drop=True)
    parts = layers[layers.layer != WHOLE].groupby(["step", "replica"]).num_kept.sum()
    assert (whole.num_kept.to_numpy() == parts.to_numpy()).all()
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
    tensors, about = record.read_tensors(record.snapshot_file(FINAL))
    kept = sum(tensors[f"mask:{layer}.weight"].sum(axis=(1, 2)) for layer in about["layers"])
    assert (kept == record.observables().num_kept.iloc[-1]).all()
    for layer in about["layers"]:
        weights, mask = tensors[f"{layer}.weight"], tensors[f"mask:{layer}.weight"]
        assert (weights[mask == 0] == 0).all()


def test_a_step_of_a_loss_that_is_nan_fails_with_a_line_and_is_tried_again(configure):
    config = configure("optimizer=sgd", "optimizer.lr=1e30")
    for _ in range(2):
        with pytest.raises(RunError, match=r"replica .* NaN .*optimizer\.lr"):
            make(config)
        record = RunRecord(config.results_dir, config.study, run_id(config))
        assert record.state == FAILED
        assert "optimizer.lr" in record.info()["error"]


def test_a_full_disk_is_one_line_and_nothing_finished_is_lost(configure, monkeypatch):
    config = configure("checkpoint_seconds=0")
    whole = results(make(fresh(configure("checkpoint_seconds=0"), "whole")))
    save = pd.DataFrame.to_parquet
    calls = []

    def full(self, path, **options):
        calls.append(path)
        if len(calls) == 6:
            raise OSError(28, "No space left on device")
        return save(self, path, **options)

    with monkeypatch.context() as patch, pytest.raises(RunError, match="No space left"):
        patch.setattr(pd.DataFrame, "to_parquet", full)
        make(config)
    assert results(make(config)) == whole


def test_a_truncated_checkpoint_is_named_and_deleting_it_is_the_cure(configure, monkeypatch):
    config = configure("checkpoint_seconds=0")
    whole = results(make(fresh(configure("checkpoint_seconds=0"), "whole")))
    record = interrupted(config, monkeypatch, last_round=4)
    content = record.checkpoint_file.read_bytes()
    for length in (0, 7, 100, len(content) - 1):
        record.checkpoint_file.write_bytes(content[:length])
        with pytest.raises(UserError, match=r"checkpoint\.safetensors is unreadable .*delete it"):
            make(config)
    record.checkpoint_file.unlink()
    assert results(make(config)) == whole


def test_a_record_cut_off_at_any_length_is_named(configure):
    """Whichever of its files, and wherever the cut: one line, never an exception of a library."""
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
        for length in lengths[:: max(1, len(lengths) // 1500)]:
            file.write_bytes(content[:length])
            with pytest.raises(UserError, match=f"{file.name}.*: delete") as caught:
                read()
            assert len(str(caught.value).splitlines()) == 1
        file.write_bytes(content)
        read()


def test_a_run_is_not_continued_with_other_data(configure, monkeypatch):
    from dataclasses import replace

    from pruning_phases.data import registry as datasets

    config = configure("checkpoint_seconds=0")
    interrupted(config, monkeypatch, last_round=4)
    digits = datasets.load("digits", "")
    fewer = replace(
        digits, train_images=digits.train_images[:1200], train_labels=digits.train_labels[:1200]
    )
    with monkeypatch.context() as patch, pytest.raises(UserError, match=r"began with 1437 .* 1200"):
        patch.setattr(datasets, "load", lambda *_: fewer)
        make(config)
    assert make(config).state == DONE


def test_what_a_kill_left_half_written_is_cleared_away(configure, monkeypatch):
    config = configure("checkpoint_seconds=0")
    record = interrupted(config, monkeypatch, last_round=4)
    leftover = record.folder / "snapshots" / f".final.safetensors.123{BESIDE}"
    leftover.write_bytes(b"half")
    make(config)
    assert not leftover.exists()


def test_weights_lost_in_the_last_update_fail_the_run(configure, monkeypatch):
    update = EnsembleModule._update

    def explode(self, indices):
        update(self, indices)
        if self.step == self.num_steps:
            self.replicas.stacked("fc4.bias").data.fill_(float("nan"))

    monkeypatch.setattr(EnsembleModule, "_update", explode)
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


# -- every option that decides numbers does so, and is part of the identity -----------------------

EFFECTIVE = [
    "seed=1", "first_replica=1", "num_replicas=3", "model.widths=[20,16,11]", "model.width=15",
    "model.depth=3 model.widths=[20,16]", "model=cnn model.channels=[4] model.widths=[12]",
    "dataset.train_size=150", "dataset.validation_fraction=0.2", "training.batch_size=32",
    "training.budget.amount=3", "training.budget.rule=epochs training.budget.amount=4",
    "training.budget.rule=updates",
    "training.budget.patience=1 training.budget.min_delta=0.9",
    "optimizer.lr=3e-3", "optimizer.weight_decay=0.1", "optimizer.beta1=0.5", "optimizer.beta2=0.9",
    "optimizer=sgd", "pruner=none", "pruner=random", "pruner.scope=layer",
    "pruner.schedule=linear", "pruner.schedule=list pruner.densities=[0.4,0.1]",
    "pruner.schedule=two_stage pruner.switch_density=0.3 pruner.coarse_steps=2",
    "pruner.steps=5", "pruner.final_density=0.1", "pruner.finetune.amount=0",
    "pruner.finetune.amount=7", "pruner.finetune.rule=epochs pruner.finetune.amount=1",
    "pruner.finetune.rule=plateau pruner.finetune.amount=3",
    "dropout_phase=fixed", "dropout_phase=fixed dropout_phase.p_train=0.4",
    "dropout_phase=fixed dropout_phase.p_eval=0.4", "dropout_phase=fixed dropout_phase.num_draws=3",
    "dataset.train_sizes=[100,200]", "dropout_phase=grid",
    "dropout_phase=grid dropout_phase.p_train=[0,0.3]",
    "dropout_phase=grid dropout_phase.p_eval=[0,0.3]",
    "dropout_phase=grid dropout_phase.num_draws=2",
    "replicas_differ_in=data", "dataset.label_noise=0.2", "training.measure_on_train_set=true",
    "dataset=gaussian", "dataset=gaussian dataset.labels=teacher",
    "dataset=gaussian dataset.num_train=2000", "dataset=gaussian dataset.num_classes=3",
    "dataset=gaussian dataset.side=6", "dataset=gaussian dataset.num_test=500",
    "dataset=gaussian dataset.labels=teacher dataset.teacher_width=9",
    "pruner=random_init", "pruner=magnitude_init", "pruner=magnitude_one_shot", "pruner=imp",
    "pruner=imp pruner.rewind_update=2", "pruner=snip", "pruner=snip pruner.score_examples=50",
    "pruner=grasp", "pruner=grasp pruner.score_examples=50", "pruner=synflow",
    "pruner=synflow pruner.score_rounds=3", "pruner=random_init pruner.trains_from=trained",
]  # fmt: skip


def test_every_option_of_the_physics_changes_identity_and_result(configure):
    seen: dict[bytes, str] = {}
    ids: dict[str, str] = {}
    for overrides in ["", *EFFECTIVE]:
        config = configure(*overrides.split())
        record = make(config)
        content = record.observables_file.read_bytes()
        assert content not in seen, f"{overrides!r} gives the numbers of {seen.get(content)!r}"
        assert record.id not in ids, f"{overrides!r} has the identity of {ids.get(record.id)!r}"
        seen[content], ids[record.id] = overrides, overrides


EAGER = ["training.budget.patience=1"]
PLATEAU = ["pruner.finetune.rule=plateau", "pruner.finetune.amount=6"]


@pytest.mark.parametrize(
    "overrides",
    [
        [*PLATEAU, "pruner.finetune.patience=1"],
        [*PLATEAU, "pruner.finetune.min_delta=0.3"],
        ["optimizer=sgd", "optimizer.momentum=0.5"],
        ["training.budget.amount=9", *EAGER, "training.budget.min_delta=0.4"],
    ],
    ids=lambda overrides: overrides[-1],
)  # fmt: skip
def test_options_that_need_company_change_the_result(configure, overrides):
    *company, option = overrides
    with_it, without = make(configure(*company, option)), make(configure(*company))
    assert with_it.id != without.id
    assert with_it.observables_file.read_bytes() != without.observables_file.read_bytes()


def test_machine_options_change_neither_identity_nor_result(configure):
    reference = results(make(fresh(configure(), "reference")))
    for number, override in enumerate(
        [
            "checkpoint_seconds=0",
            "study=other",
            "progress=true",
            "trainer=auto",
            "figures=[transition]",
            "experiment_scale.updates=7",
        ]
    ):
        config = fresh(configure(override), str(number))
        if override == "trainer=auto":
            config.trainer.accelerator = "cpu"
        assert results(make(config)) == reference, override
