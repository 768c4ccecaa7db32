"""The sums over tiles, written in LLVM's language, against NumPy."""

import numpy as np
import pytest

from pruning_phases.compiled import compiled
from pruning_phases.ensemble.tile_kernels import TILE, add_products, add_spread, add_weighted, total

NUM_UNITS, NUM_WEIGHTS = 12, 40


@compiled
def weighted(values, units, weights, begin, end, out):
    add_weighted(values, units, weights, begin, end, out)


@compiled
def products(values, units, factors, begin, end, numbers, out):
    add_products(values, units, factors, begin, end, numbers, out)


@compiled
def spread(values, units, weights, begin, end, factors):
    add_spread(values, units, weights, begin, end, factors)


@compiled
def summed(values):
    return total(values)


@pytest.fixture
def drawn():
    draw = np.random.default_rng(0)
    values = draw.normal(size=(NUM_UNITS, TILE)).astype(np.float32)
    units = draw.integers(NUM_UNITS, size=NUM_WEIGHTS).astype(np.int32)
    return values, units, draw


@pytest.mark.parametrize("begin, end", [(0, NUM_WEIGHTS), (3, 4), (7, 7), (5, 22)])
def test_a_unit_adds_the_weighted_values_of_the_units_below(drawn, begin, end):
    values, units, draw = drawn
    weights, out = (draw.normal(size=n).astype(np.float32) for n in (NUM_WEIGHTS, TILE))
    expected = out + weights[begin:end].astype(float) @ values[units[begin:end]]
    weighted(values, units, weights, begin, end, out)
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize("begin, end", [(0, NUM_WEIGHTS), (3, 4), (7, 7), (5, 22)])
def test_an_edge_adds_its_products_over_the_tile_to_its_weight(drawn, begin, end):
    values, units, draw = drawn
    numbers = draw.integers(5, size=NUM_WEIGHTS).astype(np.int32)
    factors, out = (draw.normal(size=n).astype(np.float32) for n in (TILE, 5))
    expected = out.astype(float)
    np.add.at(expected, numbers[begin:end], values[units[begin:end]].astype(float) @ factors)
    products(values, units, factors, begin, end, numbers, out)
    np.testing.assert_allclose(out, expected, atol=1e-4)


@pytest.mark.parametrize("begin, end", [(0, NUM_WEIGHTS), (3, 4), (7, 7), (5, 22)])
def test_a_unit_spreads_its_gradient_over_the_units_below(drawn, begin, end):
    values, units, draw = drawn
    weights, factors = (draw.normal(size=n).astype(np.float32) for n in (NUM_WEIGHTS, TILE))
    expected = values.astype(float)
    np.add.at(expected, units[begin:end], weights[begin:end, None].astype(float) * factors)
    spread(values, units, weights, begin, end, factors)
    np.testing.assert_allclose(values, expected, atol=1e-5)


def test_the_total_of_a_tile(drawn):
    values, _, _ = drawn
    assert summed(values[3]) == pytest.approx(values[3].sum(dtype=float), abs=1e-5)
