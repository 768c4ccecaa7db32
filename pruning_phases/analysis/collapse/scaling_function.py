"""The unknown scaling function f as cubic B-splines, and the residuals when f is fitted away.

For every set of parameters the best f follows by linear least squares, so that a collapse is judged
by chi^2 alone, with nothing assumed about f (variable projection: Golub and Pereyra 1973).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.collapse.ansatz import Ansatz
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.statistics.least_squares import Residuals
from pruning_phases.statistics.splines import cubic_splines

Array = NDArray[np.float64]

RIDGE = 1e-10  # keeps a spline without data below it at 0 instead of undefined

NEAR = 0.3  # fraction of the smallest size's points on the linear part of the axis

NUM_CORRECTION = 4  # splines of g in a correction to scaling


@dataclass(frozen=True)
class ScalingFunction:
    """Parametrization of f: splines, or with ``logarithmic`` the exponential of splines.

    The exponential suits values over many decades with relative errors; it needs positive values.
    ``correction``: omega of a correction to scaling, y = L^a (f(x) + L^-omega g(x)); None: none.
    """

    num_splines: int
    logarithmic: bool = False
    correction: float | None = None

    @property
    def num_coefficients(self) -> int:
        return self.num_splines + (NUM_CORRECTION if self.correction is not None else 0)

    def with_splines(self, num_splines: int) -> ScalingFunction:
        return replace(self, num_splines=num_splines)


def spline_position(x: Array, size: Array) -> Array:
    """Position [batch, points] in [0, 1] at which the scaled variable x lies on the splines' axis.

    The axis is asinh(x / typical), typical a low quantile of |x| at the smallest size: even in x
    near the critical point, and in ln |x| far from it, where large sizes and spread-out control
    parameters reach.
    """
    smallest = size == size.min()
    typical = np.quantile(np.abs(x[:, smallest]), NEAR, axis=1, keepdims=True)
    u = np.arcsinh(x / typical)
    low, high = u.min(axis=1, keepdims=True), u.max(axis=1, keepdims=True)
    return (u - low) / (high - low)


def residuals_of(
    ansatz: Ansatz, function: ScalingFunction, points: Points, values: Array | None = None
) -> Residuals:
    """theta [batch, parameters] -> (y - fit) / error [batch, points], f fitted away.

    ``values`` [batch, points] takes the place of the points' values: resampled ones.
    """
    given = points.value[None] if values is None else values
    if function.logarithmic:
        given, error = np.log(given), points.error / points.value
    else:
        error = points.error

    def residuals(theta: Array) -> Array:
        x, factor = ansatz.axes(theta, points.control, points.size)
        matrix = _design(x, function, points.size)
        if function.logarithmic:
            target, weight = given - np.log(factor), np.broadcast_to(1 / error, factor.shape)
        else:
            target, weight = np.broadcast_to(given, factor.shape), factor / error
        matrix *= weight[:, :, None]
        return _unexplained(matrix, target / error)

    return residuals


def fitted_values(ansatz: Ansatz, function: ScalingFunction, points: Points, theta: Array) -> Array:
    """The fit's values [points] at one set of parameters."""
    residual = residuals_of(ansatz, function, points)(theta[None])[0]
    if function.logarithmic:
        return points.value * np.exp(-residual * points.error / points.value)
    return points.value - residual * points.error


def _design(x: Array, function: ScalingFunction, size: Array) -> Array:
    position = spline_position(x, size)
    splines = cubic_splines(position, function.num_splines)
    if function.correction is None:
        return splines
    shrinking = (size / size.min()) ** -function.correction
    return np.concatenate(
        [splines, cubic_splines(position, NUM_CORRECTION) * shrinking[:, None]], axis=2
    )


def _unexplained(matrix: Array, target: Array) -> Array:
    """target [batch, points] minus its least-squares fit by matrix [batch, points, columns]."""
    normal = np.swapaxes(matrix, 1, 2) @ matrix
    columns = np.arange(matrix.shape[2])
    largest = normal[:, columns, columns].max(axis=1)
    normal[:, columns, columns] += RIDGE * largest[:, None]
    right = np.swapaxes(target[:, None, :] @ matrix, 1, 2)
    coefficients = np.linalg.solve(normal, right)
    return target - (matrix @ coefficients)[:, :, 0]
