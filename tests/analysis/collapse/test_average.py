"""Averages over fits: which count, their weights, both parts of their errors."""

import numpy as np
import pytest
from scipy.stats import chi2

from pruning_phases.analysis.collapse.average import (
    acceptable,
    around_widest,
    average,
    largest_acceptable,
    monotonic,
    significant_shift,
)

VALUE = np.array([[1.0, 0.3], [1.2, 0.2], [0.8, 0.1], [9.0, 0.2]])
ERROR = np.array([[0.1, 0.05], [0.2, 0.05], [0.3, 0.05], [1.3, 0.05]])


def deviations(shared=1.0, count=20_000):
    """Deviations [4, batch, 2] with the errors ERROR; ``shared``: the fraction in common."""
    generator = np.random.default_rng(0)
    common, own = (
        generator.standard_normal((1, count, 2)), generator.standard_normal((4, count, 2))
    )  # fmt: skip
    return ERROR[:, None] * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own)


@pytest.mark.parametrize(
    ("chi2_per_dof", "expected"),
    [
        ([1.0, 1.24, 1.26, 9.0], [True, True, False, False]),
        ([0.2, 1.24, 1.26, 9.0], [True, True, False, False]),  # the least counts as 1
        ([4.0, 4.9, 5.1, 9.0], [True, True, False, False]),
    ],
)
def test_a_fit_is_acceptable_by_its_chi2_in_units_of_the_least(chi2_per_dof, expected):
    dof = np.full(4, 10_000)
    assert acceptable(np.array(chi2_per_dof), dof).tolist() == expected


def test_a_small_number_of_degrees_of_freedom_allows_a_larger_chi2():
    assert largest_acceptable(10_000) == 1.25
    few = float(largest_acceptable(10))
    assert few > 2 and chi2.sf(10 * few, 10) == pytest.approx(0.01)
    both = np.array([1.0, 2.0])
    assert acceptable(both, np.array([50, 10])).all()
    assert not acceptable(both, np.array([50, 500])).all()


def test_a_part_of_the_points_is_not_more_precise_than_all_of_them():
    error = np.array([[0.2, 0.1], [0.05, 0.3], [0.01, 0.01]])
    contains = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    expected = [[0.2, 0.1], [0.2, 0.3], [0.01, 0.01]]
    np.testing.assert_allclose(monotonic(error, contains), expected)


def test_the_average_has_equal_weights_on_fits_of_similar_errors():
    found = average(VALUE, ERROR, deviations(), widest=0)
    np.testing.assert_allclose(found.weight, [1 / 3, 1 / 3, 1 / 3, 0])  # one large error suffices
    np.testing.assert_allclose(found.value, [1.0, 0.2])
    np.testing.assert_allclose(found.spread, [np.sqrt(0.08 / 3), np.sqrt(0.02 / 3)])
    more = average(VALUE, ERROR, deviations(), widest=0, largest_error=13.5)
    np.testing.assert_allclose(more.value, [3.0, 0.2])


def test_the_statistical_error_follows_from_the_same_data_for_all_fits():
    """Errors of one origin add up; independent ones average out, half as far as they could."""
    together = average(VALUE, ERROR, deviations(shared=1.0), widest=0)
    assert together.statistical[0] == pytest.approx(0.2, rel=0.03)
    apart = average(VALUE, ERROR, deviations(shared=0.0), widest=0)
    assert apart.statistical[0] == pytest.approx((np.sqrt(0.14) / 3 + 0.2) / 2, rel=0.03)
    assert apart.statistical[1] == 0.05  # not below that of the widest


def test_one_fit_may_be_quoted_with_the_spread_of_the_others_about_it():
    found = around_widest(VALUE, ERROR, widest=1)
    np.testing.assert_allclose(found.value, VALUE[1])
    np.testing.assert_allclose(found.statistical, ERROR[1])
    np.testing.assert_allclose(found.spread, [np.sqrt(0.2 / 3), np.sqrt(0.02 / 3)])


@pytest.mark.parametrize(("shift", "counts"), [(0.14, False), (0.16, True), (-0.16, True)])
def test_a_shift_counts_if_it_is_significant(shift, counts):
    noise = 0.1 * np.random.default_rng(1).standard_normal((100_000, 1))
    both = np.stack([np.zeros_like(noise), noise])
    found = significant_shift(np.array([[2.0], [2.0 + shift]]), both)
    np.testing.assert_allclose(found, [0.16 if counts else 0.0])
    common = np.stack([noise, noise])  # noise that both fits have in common cancels
    np.testing.assert_allclose(significant_shift(np.array([[2.0], [2.01]]), common), [0.01])
