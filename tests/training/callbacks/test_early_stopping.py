"""The end of a step, replica by replica, on planted losses."""

import numpy as np
import pytest
import torch

from pruning_phases.errors import RunError
from pruning_phases.training.callbacks import early_stopping as stopping
from pruning_phases.training.callbacks.early_stopping import EarlyStopping

PLATEAU = ["training.budget.rule=plateau", "training.budget.patience=2"]
FINETUNE = ["pruner.finetune.rule=plateau", "pruner.finetune.patience=1"]
UPDATES = ["training.budget.rule=updates", "training.budget.amount=5"]


def rounds(module, stop, losses, step=0, monkeypatch=None, first=0):
    """Play planted losses [rounds, R] until the step ends; return the number of rounds.

    All weights of round n have the value n. ``first`` rounds have been made before. With
    ``monkeypatch`` the losses are validation losses, and the training loss of round n is -n.
    """
    module.begin_step(step, first)
    for number, row in enumerate(losses[first:], first + 1):
        stop.on_train_epoch_start(None, module)
        with torch.no_grad():
            for name in module.replicas.names:
                # Momentum moves stopped replicas too, until their weights are restored.
                module.replicas.stacked(name).fill_(float(number))
        module.source.first, module.num_updates = number - 1, number
        if monkeypatch:
            validation = np.array(row)
            monkeypatch.setattr(stopping, "_validation_loss", lambda _, v=validation: v)
        module._loss_sum = torch.tensor([-float(number)] * len(row) if monkeypatch else row)
        stop.on_train_epoch_end(None, module)
        if module.step_ended:
            return number
        module.round += 1
    raise AssertionError("the step did not end")


def weights(module):
    """The value of all weights of each replica."""
    values = module.replicas.stacked("fc1.weight").detach().flatten(1)
    assert (values == values[:, :1]).all()
    return values[:, 0].tolist()


def test_each_replica_ends_with_the_weights_of_its_lowest_validation_loss(module_of, monkeypatch):
    module = module_of(*PLATEAU, "training.budget.amount=9")
    losses = [[3.0, 5.0], [2.0, 4.0], [2.5, 3.0], [2.5, 2.0], [1.0, 3.0], [1.0, 3.0], [9.0, 9.0]]
    assert rounds(module, EarlyStopping(), losses, monkeypatch=monkeypatch) == 6
    assert weights(module) == [2, 4]  # the first had stopped before its loss of 1
    assert module.train_loss.tolist() == [-2, -4]
    assert not any(module.active)


def test_the_budget_ends_a_step_before_the_loss_stops_improving(module_of, monkeypatch):
    module = module_of(*PLATEAU, "training.budget.amount=3")
    losses = [[3.0, 5.0], [1.0, 4.0], [2.0, 3.0], [0.0, 2.0]]
    assert rounds(module, EarlyStopping(), losses, monkeypatch=monkeypatch) == 3
    assert weights(module) == [2, 3]


def test_no_replica_stops_before_min_updates(module_of, monkeypatch):
    module = module_of(*PLATEAU, "training.budget.amount=9", "training.budget.min_updates=4")
    losses = [[3.0, 3.0], [4.0, 4.0], [5.0, 5.0], [2.0, 6.0], [2.5, 9.0], [2.5, 0.0]]
    assert rounds(module, EarlyStopping(), losses, monkeypatch=monkeypatch) == 6
    assert weights(module) == [4, 1]


@pytest.mark.parametrize(("growth", "count"), [(0.5, 1), (0.0, 0)])
def test_networks_that_still_improve_at_the_end_are_counted(module_of, monkeypatch, growth, count):
    notes, growing = [], f"training.budget.growth={growth}"
    module = module_of(*PLATEAU, "training.budget.amount=2", growing)
    losses = [[3.0, 5.0], [4.0, 4.0], [5.0, 3.0], [5.0, 2.0]][: module.num_rounds]
    rounds(module, EarlyStopping(notes.append), losses, monkeypatch=monkeypatch)
    assert len(notes) == count
    assert all("1 of 2 networks reached" in note for note in notes)


def test_a_loss_that_improves_by_less_than_min_delta_counts_as_stale(module_of, monkeypatch):
    module = module_of(*PLATEAU, "training.budget.amount=9", "training.budget.min_delta=0.1")
    losses = [[1.0, 1.0], [0.95, 0.85], [0.92, 0.84], [0.8, 0.83]]
    assert rounds(module, EarlyStopping(), losses, monkeypatch=monkeypatch) == 4
    assert weights(module) == [1, 2]


def test_fine_tuned_replicas_keep_the_weights_at_which_the_training_loss_stopped(module_of):
    module = module_of(*FINETUNE, "pruner.finetune.amount=4")
    losses = [[3.0, 3.0], [3.0, 2.0], [0.0, 1.0], [0.0, 0.5]]
    assert rounds(module, EarlyStopping(), losses, step=1) == 4
    assert weights(module) == [2, 4]  # the second never stopped
    assert module.train_loss.tolist() == [3.0, 0.5]


def test_a_step_of_updates_ends_with_its_last_weights(module_of):
    module = module_of(*UPDATES)
    stop = EarlyStopping()
    module.optimizer.state[module.replicas.stacked("fc1.weight")]["step"] = torch.tensor(1.0)
    expected = module.num_rounds
    assert rounds(module, stop, [[1.0, 2.0]] * (expected + 1)) == expected
    assert weights(module) == [expected] * 2 and stop.state() == {}
    assert not module.optimizer.state  # erased after the dense training


def test_a_loss_that_is_not_finite_names_the_replica_and_the_cure(module_of):
    module = module_of(*UPDATES, "first_replica=5")
    with pytest.raises(RunError, match=r"training loss of replica 6 .*lower optimizer\.lr="):
        rounds(module, EarlyStopping(), [[1.0, float("nan")]])


def test_a_stopped_replica_may_have_any_loss(module_of):
    module = module_of(*FINETUNE, "pruner.finetune.amount=9")
    losses = [[3.0, 3.0], [4.0, 2.0], [float("nan"), 1.0], [float("nan"), 1.0]]
    assert rounds(module, EarlyStopping(), losses, step=1) == 4
    assert module.train_loss.tolist() == [4.0, 1.0]


def test_a_resumed_step_ends_as_the_whole_one(module_of, monkeypatch):
    losses = [[3.0, 5.0], [2.0, 4.0], [2.5, 3.0], [2.5, 2.0], [1.0, 3.0], [1.0, 3.0]]
    for cut in (1, 3, 5):
        module, stop = module_of(*PLATEAU, "training.budget.amount=9"), EarlyStopping()
        with pytest.raises(AssertionError, match="did not end"):
            rounds(module, stop, losses[:cut], monkeypatch=monkeypatch)
        resumed = EarlyStopping()
        module.active = [True, True]
        resumed.load(module, stop.state())
        resumed.on_fit_start(None, module)
        assert rounds(module, resumed, losses, monkeypatch=monkeypatch, first=cut) == 6
        assert weights(module) == [2, 4] and module.train_loss.tolist() == [-2, -4]
