"""The training loss over the updates: means over blocks, stopped replicas, resumption."""

import numpy as np
import pandas as pd
import pytest
import torch

from pruning_phases.training.callbacks import training_curve
from pruning_phases.training.callbacks.training_curve import TrainingCurve

LOSSES = torch.tensor([[4.0, 8], [2, 6], [1, 5], [3, 3], [5, 1], [1, 1], [0, 2]])  # per update


class Tables(list):
    """Stands for the record."""

    def add_training(self, table):
        self.append(table)


@pytest.fixture
def module_of(module_of):
    def begun(*overrides):
        module = module_of(*overrides)
        module.begin_step(0)
        return module

    return begun


def play(curve, module, rounds, ends=True):
    """Each round is a list of blocks, each block a number of updates with the losses above."""
    for number, blocks in enumerate(rounds):
        curve.on_train_epoch_start(None, module)
        module._loss_sum.zero_()
        for count in blocks:
            module._loss_sum += LOSSES[module.num_updates : module.num_updates + count].sum(dim=0)
            module.num_updates += count
            curve.on_train_batch_end(None, module, None, None, 0)
        module.step_ended = ends and number == len(rounds) - 1
        curve.on_train_epoch_end(None, module)
        module.round += 1


def test_a_row_is_the_mean_over_the_updates_since_the_row_before(module_of):
    tables = Tables()
    play(TrainingCurve(tables), module_of(), [[2, 1], [3], [1]])
    (table,) = tables
    assert table["update"].tolist() == [2, 2, 3, 3, 6, 6, 7, 7]
    assert table["replica"].tolist() == [0, 1] * 4
    assert table["train_loss"].tolist() == [3, 7, 1, 5, 3, pytest.approx(5 / 3), 0, 2]
    assert (table["train_size"] == 200).all() and (table["step"] == 0).all()


def test_blocks_and_rounds_do_not_change_the_mean_over_all_updates(module_of):
    for rounds in ([[1] * 7], [[3, 1], [], [3]]):
        tables = Tables()
        play(TrainingCurve(tables), module_of(), rounds)
        for replica, rows in tables[0].groupby("replica"):
            count = np.diff([0, *rows["update"]])
            mean = (rows["train_loss"] * count).sum() / 7
            assert mean == pytest.approx(float(LOSSES[:, replica].mean()))


def test_a_stopped_replica_has_no_further_rows(module_of):
    tables, module = Tables(), module_of()
    curve = TrainingCurve(tables)
    play(curve, module, [[2]], ends=False)
    module.active = [False, True]
    play(curve, module, [[3]])
    assert tables[0][["update", "replica"]].to_numpy().tolist() == [[2, 0], [2, 1], [5, 1]]


def test_a_new_training_begins_a_new_curve_and_fine_tuning_has_none(module_of):
    for pruner, steps in (("imp", [0, 1]), ("magnitude", [0])):
        tables, module = Tables(), module_of(f"pruner={pruner}")
        curve = TrainingCurve(tables)
        for step in (0, 1):
            module.begin_step(step)
            play(curve, module, [[2]])
        assert [int(table["step"].iloc[0]) for table in tables] == steps
        assert all(table["update"].max() == 2 for table in tables)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_resumed_curve_is_the_whole_one(module_of, monkeypatch, cut):
    looked = []

    def observables(module):
        looked.append(module.num_updates)
        return {"train_accuracy": np.full(2, module.num_updates / 10)}

    monkeypatch.setattr(training_curve, "train_set_observables", observables)
    rounds, option = [[2, 1], [2], [1, 1]], "training.measure_on_train_set=true"
    tables = Tables()
    play(TrainingCurve(tables), module_of(option), rounds)
    module, first, second = module_of(option), TrainingCurve(tables), TrainingCurve(tables)
    play(first, module, rounds[:cut], ends=False)
    second.load(module, first.state())
    second.on_fit_start(None, module)
    play(second, module, rounds[cut:])
    whole, resumed = tables
    pd.testing.assert_frame_equal(whole, resumed)
    seen = whole.dropna(subset="train_accuracy")
    assert seen["update"].unique().tolist() == [3, 5, 7] == sorted(set(looked))
    assert (seen["train_accuracy"] == seen["update"] / 10).all()


def test_evaluations_become_rarer_but_the_last_update_is_evaluated(module_of, monkeypatch):
    monkeypatch.setattr(
        training_curve, "train_set_observables", lambda module: {"train_accuracy": np.ones(2)}
    )
    monkeypatch.setattr(training_curve, "EVALUATED_EVERY", 2)
    tables = Tables()
    module = module_of("training.measure_on_train_set=true")
    play(TrainingCurve(tables), module, [[1]] * 7)
    assert tables[0].dropna()["update"].unique().tolist() == [1, 2, 4, 7]


def test_a_curve_without_rows_has_no_state():
    curve = TrainingCurve(Tables())
    assert curve.state() == {}
    curve.load(None, {})
    assert curve.state() == {}
