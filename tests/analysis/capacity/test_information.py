"""Entropy of masks: planted values are recovered, equal masks have none."""

import numpy as np
import pytest
from scipy.stats import entropy

from pruning_phases.analysis.capacity.information import (
    binary_entropy,
    information_bound,
    information_of,
)


def planted(seed, replicas=24, num_weights=4000):
    """Independent weights, most of which are nearly always kept or nearly always pruned."""
    generator = np.random.default_rng(seed)
    probability = np.random.default_rng(0).beta(0.4, 0.8, size=num_weights)
    truth = entropy(np.stack([probability, 1 - probability])).sum()
    return generator.random((replicas, num_weights)) < probability, truth


def test_binary_entropy_equals_the_entropy_of_two_outcomes():
    probability = np.linspace(0, 1, 21)
    np.testing.assert_allclose(
        binary_entropy(probability), entropy(np.stack([probability, 1 - probability]))
    )
    assert binary_entropy(np.array([0.0, 1.0])).tolist() == [0, 0]


def test_the_jackknife_removes_the_bias_of_a_planted_entropy():
    pulls, plain = [], []
    for seed in range(60):
        masks, truth = planted(seed)
        value, error = information_bound(masks)
        pulls.append((value - truth) / truth)
        plain.append(binary_entropy(masks.mean(axis=0)).sum() / truth - 1)
        assert error > 0
    assert np.mean(plain) < -0.03  # without the correction
    assert abs(np.mean(pulls)) < 0.01
    errors = [information_bound(planted(seed)[0])[1] / planted(seed)[1] for seed in range(10)]
    assert 0.5 < np.std(pulls) / np.mean(errors) < 1.6


def test_masks_that_do_not_depend_on_the_data_hold_no_information():
    mask = np.random.default_rng(0).random(500) < 0.3
    assert information_bound(np.tile(mask, (8, 1))) == (0.0, 0.0)
    assert information_of(np.tile(mask, (8, 1))).effective_parameters == (mask.sum(), 0.0)
    with pytest.raises(ValueError, match="three or more"):
        information_bound(np.tile(mask, (2, 1)))
