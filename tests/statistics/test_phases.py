"""Refinement of p_train: the intervals across which planted phases differ."""

import numpy as np
import pytest

from pruning_phases.statistics.phases import (
    AMENTIA,
    DEMENTIA,
    EUMENTIA,
    FINEST_INTERVAL,
    further_rates,
    likely_phases,
)

SIZES = np.array([100.0, 1000, 10000])
E, D, A = EUMENTIA, DEMENTIA, AMENTIA


def losses(alpha, height):
    """L = height (N / 100)^-alpha for two replicas; alpha and height [p_train, control]."""
    mean = np.asarray(height)[..., None] * (SIZES / 100) ** -np.asarray(alpha)[..., None]
    return mean[..., None] * np.array([0.99, 1.01])


def test_phases_by_the_means():
    grid = losses([[0.4, 0.0], [0.4, 0.06], [0.0, 0.0], [0.0, 0.0], [0.03, 0.0]],
                  [[1.0, 9.0], [1.0, 2.0], [2.3, 2.31], [2.1, 2.31], [2.3, 2.31]])  # fmt: skip
    # The last one can learn, at the largest size alone.
    assert likely_phases(SIZES, grid, 10).tolist() == [[E, D], [E, E], [A, A], [D, D], [D, D]]


def test_the_intervals_with_most_differences_are_halved():
    phases = [[E, D, D, D], [E, E, D, D], [E, E, E, E], [A, A, A, A]]
    assert further_rates([0, 0.3, 0.4, 0.9], phases) == [0.35, 0.65]
    assert further_rates([0, 0.3, 0.4, 0.9], phases[:1] * 4) == []
    # With as many differences, the wider interval comes first.
    few = [[E, D], [E, E], [E, D], [E, E]]
    assert further_rates([0, 0.1, 0.5, 0.8], few) == [0.3, 0.65]


def test_a_fine_interval_stays():
    assert further_rates([0.5, 0.5 + FINEST_INTERVAL], [[E], [A]]) == []
    assert further_rates([0.5, 0.51 + FINEST_INTERVAL], [[E], [A]]) == [0.525]


def test_an_edge_is_enclosed_by_a_fine_interval_after_a_few_rounds():
    rates, edge = [0.0, 0.4, 0.8, 0.99], 0.913
    for _ in range(3):
        phases = [[E, E] if rate < edge else [A, A] for rate in rates]
        rates = sorted(rates + further_rates(rates, phases))
    right = np.searchsorted(rates, edge)
    assert rates[right] - rates[right - 1] <= FINEST_INTERVAL
    assert rates[right - 1] == pytest.approx(0.895)
