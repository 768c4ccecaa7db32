"""Losses over a grid, read from records of one system."""

from dataclasses import replace

import numpy as np
import pytest

from pruning_phases.analysis.common.losses import Losses, losses_of, within
from pruning_phases.errors import UserError
from pruning_phases.records.names import systems_of
from tests.analysis.phase_diagram.test_fit import LEARNING, SIZES, planted
from tests.support.written_records import write_grid_run


@pytest.fixture
def grid(tmp_path):
    return write_grid_run(tmp_path, "grid", planted(*LEARNING))


def test_the_losses_of_a_record_are_those_it_was_written_with(grid):
    losses, truth = losses_of([grid], "p_eval"), planted(*LEARNING)
    for name in ("p_train", "control", "sizes", "values"):
        np.testing.assert_allclose(getattr(losses, name), getattr(truth, name))


def test_seeds_are_pooled_and_other_networks_are_other_systems(grid, tmp_path):
    more = write_grid_run(tmp_path, "more", planted(*LEARNING, seed=1), seed=1)
    other = write_grid_run(tmp_path, "other", planted(*LEARNING, seed=2), width=50)
    systems = systems_of([grid, more, other])
    assert [len(runs) for runs in systems.values()] == [2, 1]
    assert losses_of([grid, more], "p_eval").values.shape[3] == 10


def test_pooled_refined_runs_share_the_rates_that_all_of_them_have(tmp_path):
    records = [
        write_grid_run(
            tmp_path, f"run{seed}",
            replace(planted(*LEARNING, seed=seed), p_train=np.array([0, middle, 0.99])), seed=seed,
        )
        for seed, middle in enumerate((0.3, 0.6))
    ]  # fmt: skip
    losses = losses_of(records, "p_eval")
    assert losses.p_train.tolist() == [0, 0.99] and losses.values.shape[3] == 10
    assert losses_of(records[:1], "p_eval").p_train.tolist() == [0, 0.3, 0.99]


def test_a_run_without_a_grid_is_refused_with_the_missing_options(tmp_path):
    losses = planted([[0.4, 0.3]], [[1.0, 2.0]])
    thin = Losses(losses.p_train, losses.control, SIZES[:2], losses.values[:, :, :2], 10)
    with pytest.raises(UserError, match=r"2 training-set sizes: 2 and 3 are needed; train with"):
        losses_of([write_grid_run(tmp_path, "thin", thin)], "p_eval")


def test_a_window_selects_controls_and_must_hold_one():
    losses = planted(*LEARNING)
    assert within(losses, None) is losses
    inside = within(losses, [0.1, 0.8])
    np.testing.assert_array_equal(inside.control, losses.control[1:])
    np.testing.assert_array_equal(inside.values, losses.values[:, 1:])
    with pytest.raises(UserError, match="the control goes from 0 to 0.8"):
        within(losses, [0.9, 1.0])
