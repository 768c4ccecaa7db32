"""Numbers of each size: intervals, widths, groups and exponents with known values."""

import numpy as np
import pytest

from pruning_phases.analysis.verdict.evidence import (
    Moments,
    degrees_of_freedom,
    exponent,
    falling,
    half_points,
    modes,
    moments,
    num_in_peak,
    peak_width,
    shortest_intervals,
    susceptibility_peak,
    width,
    within_fraction,
)
from pruning_phases.statistics.curves import Curve, SizedCurve

X = np.geomspace(0.2, 5, 60)


def sized(values, control=X, size=100.0, floor=0.0):
    return SizedCurve(size, size, Curve(control, values, floor))


def logistic(scale, midpoint=1.0, control=X):
    return 1 / (1 + (control / midpoint) ** (1 / scale))


def test_moments_are_those_of_the_replicas_and_of_resampled_ones():
    values = 5 + np.random.default_rng(0).normal(size=(12, 3))
    found = moments(sized(values, X[:3], floor=0.5), np.random.default_rng(1), 4000)
    np.testing.assert_allclose(found.mean[0], values.mean(axis=0) - 0.5)
    np.testing.assert_allclose(found.variance[0], values.var(axis=0, ddof=1))
    # Means of samples scatter by the standard error but for (R - 1) / R; variances are unbiased.
    error = values.std(axis=0, ddof=1) * np.sqrt(11 / 12) / np.sqrt(12)
    np.testing.assert_allclose(found.mean[1:].std(axis=0), error, rtol=0.05)
    np.testing.assert_allclose(found.variance[1:].mean(axis=0), found.variance[0], rtol=0.03)


def test_the_shortest_interval_lies_where_a_curve_is_steepest():
    x = np.array([0.0, 1.0, 2.0, 4.0])
    curves = np.array([[1.0, 0.9, 0.1, 0.0], [1.0, 0.9, 0.8, 0.7], [0.1, 0.5, 0.5, 0.0]])
    found = shortest_intervals(x, curves, 0.4)
    np.testing.assert_allclose(found, [0.5, np.inf, 1.6])
    # Begins between two points and ends at one.
    late = np.array([[1.0, 0.8, 0.5, 0.5]])
    np.testing.assert_allclose(shortest_intervals(np.arange(4.0), late, 0.4), [1.5])


def test_the_width_is_relative_and_has_one_height_for_all_sizes():
    scale = 0.2
    for midpoint in (0.5, 2.0):
        values = np.stack([logistic(scale, midpoint)] * 4)
        one = moments(sized(values), np.random.default_rng(0), 100)
        found, resolved = width(100.0, one, 1.0, 1.0)
        # From 5/8 to 3/8 of a logistic function: 2 ln(5/3) scales.
        assert found.value[0] == pytest.approx(2 * np.log(5 / 3) * scale, rel=0.02) and resolved
        half = half_points(100.0, one, 1.0)
        assert half.control[0] == pytest.approx(midpoint, rel=0.01)
        lower, _ = width(100.0, one, 1.0, 1.5)
        assert lower.value[0] > 1.5 * found.value[0]


def test_rising_and_falling_order_parameters_have_the_same_width():
    values = np.stack([logistic(0.2), logistic(0.25)])
    found = []
    for some in (values, 1 - values):
        one = moments(sized(some), np.random.default_rng(0), 100)
        found.append((width(1.0, one, falling([one]), 1.0)[0].value[0],
                      half_points(1.0, one, falling([one])).control[0]))  # fmt: skip
    np.testing.assert_allclose(found[0], found[1])


def test_a_fall_within_one_step_is_not_resolved_and_a_part_of_a_fall_has_no_width():
    step = np.where(X < 1, 0.9, 0.1) + 0.001 * np.random.default_rng(0).normal(size=(5, 60))
    one = moments(sized(step), np.random.default_rng(0), 100)
    found, resolved = width(1.0, one, 1.0, 0.8)
    assert found.value[0] > 0 and not resolved
    missing, _ = width(1.0, one, 1.0, 4.0)
    assert missing.value is None and "does not cover 25% of the height" in missing.reason


def test_half_of_a_normal_peak_lies_within_two_thirds_of_a_deviation():
    variance = np.exp(-(np.log(X) ** 2) / (2 * 0.3**2))
    one = Moments(X, np.zeros((3, 60)), np.stack([variance] * 3))
    assert peak_width(1.0, one).value[0] == pytest.approx(2 * 0.6745 * 0.3, rel=0.01)
    # Effective number of points: 2 sqrt(pi) deviations over the spacing of ln p.
    expected = 2 * np.sqrt(np.pi) * 0.3 / np.diff(np.log(X))[0]
    assert num_in_peak(one) == pytest.approx(expected, rel=0.01)
    flat = Moments(X, np.zeros((3, 60)), np.zeros((3, 60)))
    assert peak_width(1.0, flat).value is None and num_in_peak(flat) == 0


def test_the_susceptibility_peak_is_found_on_a_grid_that_is_finer_there():
    u = np.linspace(-1, 1, 40)
    control = 1 + 0.8 * np.sign(u) * np.abs(u) ** 3
    deviation = np.sqrt(0.04 * np.exp(-((control - 1.02) ** 2) / (2 * 0.03**2)) + 1e-3)
    values = 0.5 + deviation * np.random.default_rng(0).normal(size=(400, 40))
    one = moments(sized(values, control), np.random.default_rng(1), 200)
    found = susceptibility_peak(100.0, one)
    assert found.control[0] == pytest.approx(1.02, abs=0.01)
    assert found.value[0] == pytest.approx(4.0, rel=0.15)


def brute_force(values):
    x = np.sort(values)
    least = max(2, int(np.ceil(0.1 * len(x))))
    sums = [((x[:k] - x[:k].mean()) ** 2).sum() + ((x[k:] - x[k:].mean()) ** 2).sum()
            for k in range(least, len(x) - least + 1)]  # fmt: skip
    return min(sums) / ((x - x.mean()) ** 2).sum()


def test_two_groups_leave_the_known_fractions_of_the_variance():
    generator = np.random.default_rng(0)
    some = generator.gamma(1.0, size=(5, 40))
    np.testing.assert_allclose(within_fraction(some), [brute_force(row) for row in some])
    normal, uniform = generator.normal(size=20_000), generator.random(20_000)
    two = np.where(uniform < 0.4, 0.2, 0.8)
    found = within_fraction(np.stack([normal, uniform, two]))
    np.testing.assert_allclose(found, [1 - 2 / np.pi, 0.25, 0.0], atol=0.01)
    # Two values apart from the others are no group.
    assert within_fraction(np.array([[0.0] * 15 + [0.1] * 15 + [9.0] * 2]))[0] > 0.1
    assert np.isnan(within_fraction(np.ones((1, 9)))[0])


def test_p_values_of_one_mode_are_uniform_and_those_of_two_modes_small():
    generator = np.random.default_rng(3)
    found = []
    for _ in range(60):
        values = generator.random((24, 1))
        one = moments(sized(values, X[:1]), generator, 100)
        found.append(modes(sized(values, X[:1]), one, generator, 100).p_value)
    assert 0.3 < np.mean(found) < 0.7 and np.mean(np.array(found) < 0.2) < 0.4
    two = np.where(generator.random((24, 1)) < 0.5, 0.1, 0.9) + 0.02 * generator.random((24, 1))
    one = moments(sized(two, X[:1]), generator, 100)
    assert modes(sized(two, X[:1]), one, generator, 100).p_value < 0.001


def test_exponents_of_planted_widths_are_within_their_errors():
    generator = np.random.default_rng(5)
    off = []
    for _ in range(12):
        found = []
        for count in (100, 400, 1600, 6400):
            values = logistic(3 / count**0.3) + 0.02 * generator.normal(size=(16, 60))
            one = moments(sized(values), generator, 100)
            found.append(width(float(count), one, 1.0, 1.0)[0])
        value, error = exponent(found)
        off.append((value + 0.3) / error)
        assert error < 0.05
    assert np.abs(off).max() < 4 and np.sqrt(np.mean(np.square(off))) < 1.8
    assert exponent(found[:2]) is None


def test_degrees_of_freedom_are_the_weights_or_the_size():
    first, second = (SizedCurve(size, 10.0, Curve(X, X[None])) for size in (3.0, 5.0))
    assert [item.num_weights for item in degrees_of_freedom([first, second])] == [3.0, 5.0]
    other = SizedCurve(5.0, 20.0, Curve(X, X[None]))
    assert [item.num_weights for item in degrees_of_freedom([first, other])] == [10.0, 20.0]
