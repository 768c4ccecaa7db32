"""The scaling function: residuals are those of an explicit linear fit, in any units."""

import numpy as np
import pytest

from pruning_phases.analysis.collapse.ansatz import power_law
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import (
    ScalingFunction,
    fitted_values,
    residuals_of,
    spline_position,
)
from pruning_phases.statistics.splines import cubic_splines
from tests.support.planted import planted_power_law

THETA = np.array([0.5, np.log(1.3), 0.2])


def points_of(function, noise=0.0, error=0.01):
    """Points y = L^-0.2 f(x) at the parameters THETA."""
    control, size = (a.ravel() for a in np.meshgrid(np.linspace(0.3, 0.8, 15), [8.0, 16, 32]))
    x = (control - 0.5) * size ** (1 / 1.3)
    deviation = noise * np.random.default_rng(0).standard_normal(len(x))
    return Points(control, size, size**-0.2 * function(x) + deviation, np.full(len(x), error))


def chi2_of(points, function, theta=THETA):
    ansatz = power_law(points.control, points.size)
    return (residuals_of(ansatz, function, points)(theta[None]) ** 2).sum()


@pytest.mark.parametrize("correction", [None, 1.0])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_residuals_are_those_of_an_explicit_least_squares_fit(logarithmic, correction):
    points = points_of(lambda x: 1.2 + np.tanh(x), noise=0.02)
    function = ScalingFunction(7, logarithmic, correction)
    ansatz = power_law(points.control, points.size)
    x, factor = ansatz.axes(THETA[None], points.control, points.size)
    position = spline_position(x, points.size)[0]
    design = cubic_splines(position, 7)
    if correction:
        shrunk = cubic_splines(position, 4) * (8 / points.size)[:, None]
        design = np.hstack([design, shrunk])
    assert design.shape[1] == function.num_coefficients
    target, error = points.value, points.error
    if logarithmic:
        target, error = np.log(target / factor[0]), error / points.value
    else:
        design = design * factor[0][:, None]
    weighted = design / error[:, None]
    fit = weighted @ np.linalg.lstsq(weighted, target / error, rcond=None)[0]
    found = residuals_of(ansatz, function, points)(THETA[None])[0]
    np.testing.assert_allclose(found, target / error - fit, atol=1e-4)
    values = fitted_values(ansatz, function, points, THETA)
    expected = fit * error
    np.testing.assert_allclose(values, np.exp(expected) * factor[0] if logarithmic else expected,
                               rtol=1e-5)  # fmt: skip


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_planted_scaling_function_is_fitted_away_at_the_true_parameters(logarithmic):
    points = points_of(lambda x: np.exp(np.tanh(x / 4)), error=1e-3)
    function = ScalingFunction(12, logarithmic)
    best = chi2_of(points, function)
    assert best < 1
    for index, shift in enumerate((0.05, 0.3, 0.05)):
        moved = THETA.copy()
        moved[index] += shift
        assert chi2_of(points, function, moved) > 100 * best + 10


def test_chi2_of_noise_is_its_number_of_degrees_of_freedom():
    points = points_of(np.tanh)
    noise = np.random.default_rng(1).standard_normal((400, len(points))) * points.error
    ansatz, function = power_law(points.control, points.size), ScalingFunction(9)
    residuals = residuals_of(ansatz, function, points, points.value + noise)
    chi2 = (residuals(np.tile(THETA, (400, 1))) ** 2).sum(axis=1)
    assert chi2.mean() == pytest.approx(len(points) - 9, rel=0.05)


def test_positions_fill_the_axis_and_keep_the_order_of_x():
    x = np.array([[-40.0, -3, -0.1, 0.2, 5, 90], [-1.0, -0.5, 0, 1, 2, 3]])
    position = spline_position(x, np.array([8.0, 16, 8, 8, 16, 16]))
    assert (position.min(axis=1) == 0).all() and (position.max(axis=1) == 1).all()
    assert (np.diff(position, axis=1) > 0).all()
    np.testing.assert_allclose(
        spline_position(7 * x, np.array([8.0, 16, 8, 8, 16, 16])), position, rtol=1e-12
    )


def test_units_and_the_order_of_the_points_do_not_change_the_residuals():
    points, _ = planted_power_law(4)
    ansatz, function = power_law(points.control, points.size), ScalingFunction(8)
    theta = np.array([[points.control.mean(), 0.1, 0.2]])
    expected = residuals_of(ansatz, function, points)(theta)[0]
    scaled = Points(points.control, points.size, 1e5 * points.value, 1e5 * points.error)
    np.testing.assert_allclose(residuals_of(ansatz, function, scaled)(theta)[0], expected,
                               atol=1e-5)  # fmt: skip
    order = np.random.default_rng(0).permutation(len(points))
    shuffled = residuals_of(ansatz, function, points.where(order))(theta)[0]
    np.testing.assert_allclose(shuffled, expected[order], atol=1e-5)


def test_another_number_of_splines_keeps_the_rest():
    found = ScalingFunction(5, True, 0.5).with_splines(9)
    assert found == ScalingFunction(9, True, 0.5) and found.num_coefficients == 13
