"""Running statistics in a run: snapshots, checkpoints, rewinding, early stopping, topologies."""

import numpy as np
import pytest

from pruning_phases.data.registry import load
from pruning_phases.errors import UserError
from pruning_phases.records.snapshots import FINAL, INITIAL, REWIND
from pruning_phases.training.callbacks.early_stopping import EarlyStopping
from pruning_phases.training.callbacks.prune import Prune
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.run import build_module
from tests.support.batch_norm import CNN, NORMALIZED, copies, normalized
from tests.support.runs import counted, fresh, interrupted, make, results

PLATEAU = ["training.budget.amount=6", "training.budget.patience=2", "optimizer.lr=0.05"]
IMP = ["pruner=imp", "pruner.rewind_update=3", "pruner.steps=2", "training.budget.rule=epochs"]
BUFFERS = [f"buffer:{name}" for name in NORMALIZED]
FORMS = pytest.mark.parametrize("vectorized", [False, True], ids=["loop", "vectorized"])


@pytest.fixture(autouse=True)
def _model(monkeypatch):
    monkeypatch.setattr("pruning_phases.models.cnn.build", normalized)


@pytest.fixture
def form(monkeypatch):
    """form(vectorized): the form of all runs of a test."""
    return lambda vectorized: monkeypatch.setattr(
        EnsembleModule, "_vectorized", property(lambda _: vectorized)
    )


def statistics(record, name):
    tensors, _ = record.read_snapshot(name)
    return {key: tensors[key] for key in BUFFERS}


def assert_equal(ours, theirs, where=slice(None)):
    for key in BUFFERS:
        np.testing.assert_array_equal(ours[key][where], theirs[key][where], err_msg=key)


def test_snapshots_hold_the_statistics_beside_weights_and_masks(configure):
    record = make(configure(*CNN, *IMP, "trainer.chunk_size=1"))
    for name, updates in ((INITIAL, 0), (REWIND, 3), ("step_00000", 8), (FINAL, 3 + 8)):
        tensors, about = record.read_snapshot(name)
        assert {key for key in tensors if key.startswith("buffer:")} == {
            *BUFFERS, "buffer:shift.offset",
        }  # fmt: skip
        assert about["layers"] == ["conv1", "conv2", "fc1", "fc2"]
        assert tensors["buffer:bn2.running_var"].shape == (2, 4)
        assert tensors["buffer:bn1.num_batches_tracked"].tolist() == [updates] * 2
        moved = np.abs(tensors["buffer:bn1.running_mean"]).max()
        assert (moved == 0) if name == INITIAL else moved > 0


KINDS = {
    "early stopping": [*PLATEAU, "pruner.steps=1", "pruner.finetune.amount=0"],
    "imp": IMP,
    "plateau of the fine-tuning": ["pruner.finetune.rule=plateau", "pruner.finetune.amount=3",
                                   "pruner.finetune.patience=1", "pruner.steps=2"],
    "synflow in chunks": ["pruner=synflow", "pruner.steps=2", "trainer.chunk_size=1"],
}  # fmt: skip


FAST = ["imp"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [kind if kind in FAST else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
)
def test_a_run_cut_off_after_any_round_ends_with_the_same_bytes(configure, monkeypatch, kind):
    overrides = [*CNN, *KINDS[kind], "checkpoint_seconds=0"]
    whole, steps = counted(fresh(configure(*overrides), "whole"), monkeypatch)
    for last_round in range(1, len(steps) + 1):
        config = fresh(configure(*overrides), f"cut after {last_round}")
        interrupted(config, monkeypatch, last_round)
        resumed = make(config)
        assert len(resumed.info()["segments"]) == 2
        assert results(resumed) == results(whole)


@pytest.fixture
def begun(monkeypatch):
    """Parameters and statistics at the beginning of every pruning step's training."""
    found, prune = [], Prune.on_train_epoch_start

    def watched(self, trainer, module):
        prune(self, trainer, module)
        if module.step and module.round == 0:
            found.append({k: v.numpy() for k, v in copies(module.replicas).items()})

    monkeypatch.setattr(Prune, "on_train_epoch_start", watched)
    return found


@FORMS
def test_imp_rewinds_the_statistics_with_the_weights(configure, form, begun, vectorized):
    """Each step begins with those of update 3, as three updates alone leave them."""
    form(vectorized)
    record = make(configure(*CNN, *IMP))
    short = ["pruner=none", "training.budget.rule=updates", "training.budget.amount=3"]
    alone = make(configure(*CNN, *short))
    assert_equal(statistics(record, REWIND), statistics(alone, FINAL))
    assert len(begun) == 2
    for tensors in begun:
        assert_equal(tensors, statistics(record, REWIND))


@pytest.mark.parametrize("pruner", ["synflow", "magnitude_one_shot"])
def test_other_pruners_rewind_to_their_stage(configure, begun, pruner):
    record = make(configure(*CNN, f"pruner={pruner}", "pruner.steps=2"))
    stage = "step_00000" if pruner == "magnitude_one_shot" else INITIAL
    assert len(begun) == 2
    for tensors in begun:
        assert_equal(tensors, statistics(record, stage))


@FORMS
def test_dense_training_ends_with_the_statistics_of_the_best_round(
    configure, monkeypatch, form, vectorized
):
    form(vectorized)
    rounds, keep = [], EarlyStopping._keep

    def watched(self, module, which):
        keep(self, module, which)
        now = {key: tensor.numpy() for key, tensor in copies(module.replicas).items()}
        rounds.append((which, now))

    monkeypatch.setattr(EarlyStopping, "_keep", watched)
    record = make(configure(*CNN, *PLATEAU, "pruner=none", "num_replicas=3"))
    ended = statistics(record, FINAL)
    best = [max(n for n, (which, _) in enumerate(rounds) if which[r]) for r in range(3)]
    assert min(best) < len(rounds) - 1 and len(set(best)) > 1
    for r, number in enumerate(best):
        assert_equal(ended, rounds[number][1], r)
        assert ended["buffer:bn1.num_batches_tracked"][r] == 4 * (number + 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [[*PLATEAU, "pruner=none", "optimizer=sgd", "optimizer.lr=0.1"],
     ["pruner.finetune.rule=plateau", "pruner.finetune.amount=4", "pruner.finetune.patience=1",
      "optimizer=sgd", "optimizer.lr=0.1", "pruner.steps=2"]],
    ids=["early stopping", "plateau of the fine-tuning"],
)  # fmt: skip
def test_replicas_that_stop_early_have_equal_statistics_in_both_forms_and_alone(
    configure, form, more
):
    runs = []
    for vectorized, which in ((False, "3"), (True, "3"), (False, "1 first_replica=1")):
        form(vectorized)
        words = f"num_replicas={which}".split()
        runs.append(make(configure(*CNN, *more, *words, f"study=form_{vectorized}")))
    loop, vectorized, alone = (statistics(record, FINAL) for record in runs)
    assert len(set(loop["buffer:bn1.num_batches_tracked"].tolist())) > 1
    for key in BUFFERS:
        np.testing.assert_allclose(vectorized[key], loop[key], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(alone[key][0], loop[key][1], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_a_topology_begins_with_the_source_s_state_unless_it_is_reinitialized(on, configure):
    """The offset depends on the stream of the initial weights: here replica 2 takes that of 0."""
    source = configure(*CNN, "snapshots=[0.2,0.05]")
    theirs, _ = make(source).read_snapshot(INITIAL)
    offset = "buffer:shift.offset"
    for family, is_equal in (("original", True), ("reinitialized", False)):
        folder = f"topology.run={make(source).folder}"
        record = make(on(family, folder, *CNN, "num_replicas=4"))
        begun, _ = record.read_snapshot(INITIAL)
        expected = np.tile(theirs[offset], 2)
        assert (begun[offset] == expected).all() if is_equal else (begun[offset] != expected).all()
        assert begun["buffer:bn1.num_batches_tracked"].tolist() == [0] * 4
        trained, _ = record.read_snapshot(FINAL)
        assert trained["buffer:bn1.num_batches_tracked"].tolist() == [30] * 4


def test_a_source_with_other_buffers_is_refused(on, configure, monkeypatch):
    source = make(configure(*CNN, "snapshots=[0.2,0.05]"))
    with monkeypatch.context() as patch:
        patch.setattr("pruning_phases.models.cnn.build", lambda *shapes: normalized(*shapes)[:-1])
        with pytest.raises(UserError, match=r"3x1x3x3.*shift\.offset, and this one .*give the"):
            make(on("original", f"topology.run={source.folder}", *CNN))


def test_a_batch_of_one_is_refused_in_one_line_before_anything_is_written(configure, tmp_path):
    with pytest.raises(UserError, match=r"^training\.batch_size=1: .*=2$") as caught:
        make(configure(*CNN, "training.batch_size=1"))
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("run.json"))


def test_a_network_resumed_from_numbers_continues_in_both_forms(configure):
    """Statistics that are loaded before the views are made are those that training continues."""
    config = configure(*CNN)
    for vectorized in (False, True):
        module = build_module(config, load(config))
        module.replicas.buffer("bn1.num_batches_tracked").fill_(7)
        module.replicas.attach(vectorized)
        module.begin_step(0)
        module.training_step(module.source.order.updates(0, 1), 0)
        assert module.replicas.buffer("bn1.num_batches_tracked").tolist() == [8, 8]
