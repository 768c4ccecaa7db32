"""Uniform cubic B-splines against scipy's."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from pruning_phases.statistics.splines import cubic_splines

POSITION = np.linspace(0, 1, 101)


@pytest.mark.parametrize("count", [4, 5, 9, 18])
def test_they_are_the_b_splines_of_uniform_knots(count):
    knots = (np.arange(count + 4) - 3) / (count - 3)
    inside = POSITION[:-1]  # scipy's last interval is half open
    expected = BSpline.design_matrix(inside, knots, 3).toarray()
    np.testing.assert_allclose(cubic_splines(inside, count), expected, atol=1e-14)


@pytest.mark.parametrize("count", [4, 7])
def test_they_sum_to_one_and_contain_every_cubic_polynomial(count):
    splines = cubic_splines(POSITION, count)
    np.testing.assert_allclose(splines.sum(axis=1), 1)
    cubic = np.polynomial.Polynomial([1, -2, 3, -4])(POSITION)
    coefficients = np.linalg.lstsq(splines, cubic, rcond=None)[0]
    np.testing.assert_allclose(splines @ coefficients, cubic, atol=1e-12)


def test_positions_of_any_shape_are_evaluated_one_by_one():
    position = POSITION[:100].reshape(4, 25)
    together = cubic_splines(position, 6)
    assert together.shape == (4, 25, 6)
    np.testing.assert_array_equal(together[2, 3], cubic_splines(position[2, 3], 6))
