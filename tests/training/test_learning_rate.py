"""Learning rates of the schedules against torch's, in any division of the updates."""

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from pruning_phases.config.enums import RateSchedule
from pruning_phases.config.optimizer import DescentConfig
from pruning_phases.records.snapshots import FINAL
from pruning_phases.training.learning_rate import learning_rates
from tests.support.runs import make

TOTAL = 40


def of_torch(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    scheduler = make(optimizer)
    rates = []
    for _ in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (RateSchedule.constant, lambda o: lr_scheduler.ConstantLR(o, factor=1)),
        (RateSchedule.cosine, lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL)),
        (RateSchedule.steps, lambda o: lr_scheduler.MultiStepLR(o, [12, 24])),
    ],
)
def test_rates_are_those_of_torch(schedule, make):
    config = DescentConfig("sgd", lr=0.2, schedule=schedule)
    rates = learning_rates(config, 0, TOTAL, TOTAL)
    np.testing.assert_allclose(rates, of_torch(make), rtol=1e-9, atol=1e-9)
    parts = [learning_rates(config, first, 8, TOTAL) for first in range(0, TOTAL, 8)]
    assert np.array_equal(np.concatenate(parts), rates)


def test_the_rate_falls_at_the_milestones_alone():
    config = DescentConfig(
        "sgd", lr=1.0, schedule=RateSchedule.steps, milestones=[0.25, 0.5], decay=0.5
    )
    assert learning_rates(config, 0, 8, 8).tolist() == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]


def trained(configure, updates, *words):
    """Trained weights of networks without pruning."""
    budget = ["training.budget.rule=updates", f"training.budget.amount={updates}"]
    return make(configure("pruner=none", *budget, *words)).read_snapshot(FINAL)[0]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_run_follows_its_schedule(configure, optimizer):
    """A rate of nearly 0 after half of the updates leaves the weights of half of the updates."""
    words = [f"optimizer={optimizer}", "optimizer.momentum=0"][: 1 + (optimizer == "sgd")]
    steps = ["optimizer.schedule=steps", "optimizer.milestones=[0.5]", "optimizer.decay=1e-30"]
    stopped, half, whole = (
        trained(configure, *args)
        for args in ((40, *words, *steps), (20, *words), (40, *words))
    )  # fmt: skip
    cosine = trained(configure, 40, *words, "optimizer.schedule=cosine")
    for name, weights in half.items():
        np.testing.assert_array_equal(stopped[name], weights)
        if name.endswith("weight") and not name.startswith("mask"):
            assert (whole[name] != weights).any() and (cosine[name] != whole[name]).any()
