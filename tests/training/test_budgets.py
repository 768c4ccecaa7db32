"""Rounds of a budget: of an epoch, or of a growing length."""

from itertools import pairwise

import pytest

from pruning_phases.config.enums import Rule
from pruning_phases.config.groups import Budget
from pruning_phases.training.budgets import max_rounds, max_updates, round_end


def ends(budget, epoch_updates):
    count = max_rounds(budget, epoch_updates)
    return [round_end(budget, number, epoch_updates) for number in range(count)]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (Budget(Rule.updates, 25), [10, 20, 25]),
        (Budget(Rule.updates, 30, growth=0.5), [10, 20, 30]),  # growth acts with plateau alone
        (Budget(Rule.epochs, 3), [10, 20, 30]),
        (Budget(Rule.plateau, 2), [10, 20]),
        (Budget(Rule.plateau, 2, growth=0.5), [4, 6, 9, 14, 20]),
        (Budget(Rule.plateau, 1, growth=0.1), [10]),
        (Budget(Rule.updates, 0), [0]),
    ],
)
def test_rounds_end_at_these_updates(budget, expected):
    assert ends(budget, 10) == expected


@pytest.mark.parametrize("growth", [0.03, 0.2, 1.0])
def test_growing_rounds_have_updates_and_one_relative_length(growth):
    budget = Budget(Rule.plateau, 1000, growth=growth)
    found = ends(budget, 100)
    assert found[-1] == max_updates(budget, 100) == 100_000
    steps = [(end - begin) / begin for begin, end in pairwise(found[:-1])]
    assert min(end - begin for begin, end in pairwise(found)) >= 1
    late = [step for step, end in zip(steps, found, strict=False) if end > 1000]
    assert late == pytest.approx([growth] * len(late), abs=2e-3)
