"""A run that is killed or fails ends with the same bytes as an undisturbed run."""

import os
from dataclasses import replace

import pandas as pd
import pytest

from pruning_phases.data.registry import load
from pruning_phases.errors import RunError, UserError
from pruning_phases.records.atomic import BESIDE
from pruning_phases.records.run import DONE
from pruning_phases.training import run as engine
from tests.support import kills
from tests.support.runs import counted, fresh, interrupted, make, results

SGD = ["optimizer=sgd", "optimizer.weight_decay=1e-3"]


KINDS = {
    "plain": [],
    "cnn": ["model=cnn", "model.widths=[12]", "model.channels=[4,5]"],
    "cnn, sgd, random": ["model=cnn", "model.widths=[9]", "model.channels=[4,5]", *SGD,
                         "pruner=random"],
    "without fine-tuning": ["pruner.finetune.amount=0"],
    "dropout and snapshots": ["dropout_phase=fixed", "snapshots=[0.5,0.1]"],
    "plateau": ["pruner.finetune.rule=plateau", "pruner.finetune.amount=2"],
    "sgd": [*SGD, "pruner.scope=layer"],
    "snip": ["pruner=snip", "dropout_phase=fixed"],
    "rigl": ["pruner=rigl"],
    "synflow, plateau": ["pruner=synflow", "pruner.score_rounds=5"],
    "imp, rewound to update 3": ["pruner=imp", "pruner.rewind_update=3"],
    "magnitude, one shot": ["pruner=magnitude_one_shot"],
}  # fmt: skip


FAST = ["plain"]


@pytest.mark.parametrize(
    "kind", [kind if kind in FAST else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
)
def test_a_run_cut_off_after_any_round_ends_with_the_same_bytes(configure, monkeypatch, kind):
    """Killed within the dense training, at its end and within a later step; one kind also after the
    first round of a step and after the last round."""
    evaluated = ["training.measure_on_train_set=true", "training.budget.amount=4"]
    overrides = ["checkpoint_seconds=0", *evaluated, *KINDS[kind]]
    whole, steps = counted(fresh(configure(*overrides), "whole"), monkeypatch)
    dense = steps.count(0)
    assert dense > 2 and len(set(steps)) == 5
    last_rounds = {dense // 2, dense, (dense + len(steps)) // 2}
    for last_round in sorted(last_rounds | ({dense + 1, len(steps)} if kind == "plain" else set())):
        config = fresh(configure(*overrides), f"cut after {last_round}")
        interrupted(config, monkeypatch, last_round)
        resumed = make(config)
        assert results(resumed) == results(whole)
        assert len(resumed.info()["segments"]) == 2
    assert whole.state == DONE
    assert not whole.checkpoint_file.exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", kills.KINDS)
def test_sigkill_at_random_moments_then_the_same_command(kind, tmp_path):
    """SIGKILL ends the whole process several times, with a second writer beside it.

    ``python -m tests.support.kills 100`` kills more often."""
    kills.Killer(tmp_path, seed=int.from_bytes(os.urandom(4))).make_and_kill(kind, max_kills=2)


def test_a_full_disk_is_one_line_and_nothing_finished_is_lost(configure, monkeypatch):
    config = configure("checkpoint_seconds=0")
    whole = results(make(fresh(configure("checkpoint_seconds=0"), "whole")))
    save = pd.DataFrame.to_parquet
    calls = []

    def full(self, **options):
        calls.append(self)
        if len(calls) == 6:
            raise OSError(28, "No space left on device")
        return save(self, **options)

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


def test_a_run_is_not_continued_with_other_data(configure, monkeypatch):
    config = configure("checkpoint_seconds=0")
    interrupted(config, monkeypatch, last_round=4)
    digits = load(config)
    fewer = replace(
        digits, train_images=digits.train_images[:1200], train_labels=digits.train_labels[:1200]
    )
    with monkeypatch.context() as patch, pytest.raises(UserError, match=r"began with 1437 .* 1200"):
        patch.setattr(engine, "load", lambda _: fewer)
        make(config)
    assert make(config).state == DONE


def test_a_resumed_run_removes_half_written_files(configure, monkeypatch):
    config = configure("checkpoint_seconds=0")
    record = interrupted(config, monkeypatch, last_round=4)
    leftover = record.folder / "snapshots" / f".final.safetensors.123{BESIDE}"
    leftover.write_bytes(b"half")
    make(config)
    assert not leftover.exists()
