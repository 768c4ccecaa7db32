"""Sparse training of constant density: counts of layers, replaced weights, their fraction."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pruning_phases.pruning.regrowth import erdos_renyi_counts, regrown, replaced_fraction

SHAPES = [(100, 784), (100, 100), (10, 100)]


def test_densities_are_in_proportion_to_the_sizes_of_a_layer():
    counts = np.array(erdos_renyi_counts(2000, SHAPES, [78400, 10000, 1000]))
    assert counts.sum() == 2000
    expected = np.array([884, 200, 110])
    np.testing.assert_allclose(counts / counts.sum(), expected / expected.sum(), atol=1e-3)


def test_a_layer_that_would_be_more_than_full_is_full():
    counts = erdos_renyi_counts(20000, SHAPES, [78400, 10000, 1000])
    assert sum(counts) == 20000 and counts[2] == 1000
    assert counts[0] / counts[1] == pytest.approx(884 / 200, rel=1e-3)
    assert erdos_renyi_counts(89400, SHAPES, [78400, 10000, 1000]) == [78400, 10000, 1000]


@given(st.integers(0, 60), st.lists(st.integers(1, 5), min_size=2, max_size=5))
def test_counts_are_exact_and_never_above_what_survives(kept, sides):
    shapes = [(side, side + 1) for side in sides]
    surviving = [side * (side + 1) for side in sides]
    kept = min(kept, sum(surviving))
    counts = erdos_renyi_counts(kept, shapes, surviving)
    assert sum(counts) == kept
    assert all(0 <= count <= most for count, most in zip(counts, surviving, strict=True))


def test_the_fraction_falls_along_a_cosine_to_zero():
    assert replaced_fraction(0.3, 0.0) == 0.3
    assert replaced_fraction(0.3, 0.5) == pytest.approx(0.15)
    assert replaced_fraction(0.3, 1.0) == replaced_fraction(0.3, 1.2) == 0


def test_the_smallest_weights_are_replaced_by_those_of_the_largest_gradients():
    weights = torch.tensor([[0.0, 3.0, -1.0, 2.0, 0.0, 0.0]])
    gradients = torch.tensor([[0.1, 9.0, 0.05, 9.0, -4.0, 0.2]])
    mask = torch.tensor([[False, True, True, True, False, False]])
    after = regrown(weights, gradients, mask, 0.34)
    assert after.tolist() == [[False, True, False, True, True, False]]


def test_a_dropped_weight_grows_again_if_its_gradient_is_the_largest():
    weights, mask = torch.tensor([[0.1, 3.0, 0.0]]), torch.tensor([[True, True, False]])
    after = regrown(weights, torch.tensor([[5.0, 0.0, 1.0]]), mask, 0.5)
    assert torch.equal(after, mask)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9])
def test_the_number_of_weights_stays(fraction):
    generator = torch.Generator().manual_seed(0)
    weights, slopes = (torch.randn(6, 50, generator=generator) for _ in range(2))
    for count in (0, 1, 20, 48, 50):
        mask = torch.zeros(6, 50, dtype=torch.bool)
        for row in mask:
            row[torch.randperm(50, generator=generator)[:count]] = True
        after = regrown(weights, slopes, mask, fraction)
        assert (after.sum(dim=1) == count).all()
