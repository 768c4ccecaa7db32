"""Global search for the parameters that collapse the curves of all sizes, without a starting guess.

In: points and an ansatz. Out: the parameters with the smallest chi^2, without errors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from pruning_phases.analysis.collapse.ansatz import Ansatz
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import ScalingFunction, residuals_of
from pruning_phases.statistics.least_squares import Box, minimize
from pruning_phases.statistics.splines import MORE_FLEXIBLE

Array = NDArray[np.float64]

NUM_TRIED = 512  # parameter sets that the global search evaluates, for each scaling function

NUM_FOLLOWED = 16  # of these, the best ones start a minimization

NUM_KEPT = 4  # minima from which every number of splines is fitted

SPLINES = (5, 6, 8, 10, 12, 15, 19, 24, 30, 38)  # numbers of splines that are compared

FEWEST_SPLINES, MOST_SPLINES = SPLINES[0], SPLINES[-1]

NUM_ROUNDS = 3  # of choosing the number of splines and fitting, from a given start

POINTS_PER_COEFFICIENT = 3  # points that every spline needs

SIGMAS_ABOVE_ZERO = 4  # errors by which all values exceed 0 where their logarithm is fitted


@dataclass(frozen=True)
class Optimum:
    """The best fit, without errors."""

    theta: Array
    chi2: float
    function: ScalingFunction
    smooth_theta: Array  # with the smoothest f that the data admit
    smooth_function: ScalingFunction
    bic: float  # with the smoothest f: chi^2 + (number of parameters) ln(number of points)

    def dof(self, ansatz: Ansatz, points: Points) -> int:
        return len(points) - self.function.num_coefficients - ansatz.num_free


def find_optimum(ansatz: Ansatz, points: Points, correction: float | None = None) -> Optimum:
    """The global minimum over parameters and over the number of splines.

    The smoothest admissible f is the one with the least Bayesian information criterion; the fit
    itself is made with a few splines more.
    """
    best: tuple[float, Array, ScalingFunction] | None = None
    for function in _candidates(points, correction):
        starts = _search(ansatz, function, points)
        for count in _counts(points, function):
            tried = function.with_splines(count)
            theta, chi2 = _descend(ansatz, tried, points, starts)
            bic = chi2 + _penalty(ansatz, tried, points)
            if best is None or bic < best[0]:
                best = (bic, theta, tried)
    assert best is not None
    bic, smooth_theta, smooth = best
    function = _more_flexible(ansatz, smooth, points, smooth_theta)
    starts = np.vstack([smooth_theta, _search(ansatz, function, points)])
    theta, chi2 = _descend(ansatz, function, points, starts)
    return Optimum(theta, chi2, function, smooth_theta, smooth, float(bic))


def near_optimum(
    ansatz: Ansatz, points: Points, function: ScalingFunction, start: Array
) -> Optimum:
    """The minimum that is reached from ``start``, parameters of a fit to similar points.

    f is parametrized as in ``function``; the number of splines is compared at fixed parameters.
    """
    theta = np.clip(start, ansatz.box.lower, ansatz.box.upper)
    fitted: ScalingFunction | None = None
    for _ in range(NUM_ROUNDS):
        smooth = _smoothest(ansatz, function, points, theta)
        flexible = _more_flexible(ansatz, smooth, points, theta)
        if flexible == fitted:
            break
        fitted = flexible
        theta, chi2 = _descend(ansatz, flexible, points, theta[None])
    smooth_theta, smooth_chi2 = _descend(ansatz, smooth, points, theta[None])
    bic = smooth_chi2 + _penalty(ansatz, smooth, points)
    return Optimum(theta, chi2, flexible, smooth_theta, smooth, bic)


def enough_points(points: Points, function: ScalingFunction) -> bool:
    """True if the points admit a fit with the fewest splines."""
    fewest = function.with_splines(FEWEST_SPLINES).num_coefficients
    return len(points) >= POINTS_PER_COEFFICIENT * fewest


def _smoothest(
    ansatz: Ansatz, function: ScalingFunction, points: Points, theta: Array
) -> ScalingFunction:
    """The number of splines with the least information criterion at one set of parameters."""
    tried = [function.with_splines(count) for count in _counts(points, function)]

    def criterion(one: ScalingFunction) -> float:
        return _chi2(ansatz, one, points, theta) + _penalty(ansatz, one, points)

    return min(tried, key=criterion)


def _more_flexible(
    ansatz: Ansatz, smooth: ScalingFunction, points: Points, theta: Array
) -> ScalingFunction:
    """MORE_FLEXIBLE splines more, or as many as fit at least as well at ``theta``.

    Knots move with the number of splines, so that a few more can fit a sharp bend worse.
    """
    most = _most_splines(points, smooth)
    count = min(smooth.num_splines + MORE_FLEXIBLE, most)
    enough = _chi2(ansatz, smooth, points, theta)
    while count < most and _chi2(ansatz, smooth.with_splines(count), points, theta) > enough:
        count += 1
    return smooth.with_splines(count)


def _chi2(ansatz: Ansatz, function: ScalingFunction, points: Points, theta: Array) -> float:
    return float((residuals_of(ansatz, function, points)(theta[None]) ** 2).sum())


def _penalty(ansatz: Ansatz, function: ScalingFunction, points: Points) -> float:
    return float((function.num_coefficients + ansatz.num_free) * np.log(len(points)))


def _candidates(points: Points, correction: float | None) -> list[ScalingFunction]:
    """The ways to write f that suit the values: splines, and where all are positive their exp."""
    most = _most_splines(points, ScalingFunction(0, False, correction))
    functions = [ScalingFunction(most, False, correction)]
    if (points.value > SIGMAS_ABOVE_ZERO * points.error).all():
        functions.append(ScalingFunction(most, True, correction))
    return functions


def _counts(points: Points, function: ScalingFunction) -> list[int]:
    """Numbers of splines that the points admit, ascending."""
    most = _most_splines(points, function)
    return [count for count in SPLINES if count < most] + [most]


def _most_splines(points: Points, function: ScalingFunction) -> int:
    spare = function.with_splines(0).num_coefficients
    return max(FEWEST_SPLINES, min(MOST_SPLINES, len(points) // POINTS_PER_COEFFICIENT - spare))


def _search(ansatz: Ansatz, function: ScalingFunction, points: Points) -> Array:
    """The NUM_KEPT best minima [minima, parameters], reached from a Sobol sequence in the box.

    Critical points are tried as densely as the control was measured, and evenly beyond.
    """
    box = ansatz.box
    free = box.width > 0
    if not free.any():
        return box.lower[None]
    net = np.tile(box.lower, (NUM_TRIED, 1))
    fractions = qmc.Sobol(ansatz.num_free, seed=0).random(NUM_TRIED)
    net[:, free] += fractions * box.width[free]
    if free[0]:
        net[:, 0] = np.quantile(_places(points.control, box), fractions[:, 0])
    coarse = function.with_splines(min(10, function.num_splines))
    residuals = residuals_of(ansatz, coarse, points)
    chi2 = (residuals(net) ** 2).sum(axis=1)
    minima = minimize(residuals, net[np.argsort(chi2)[:NUM_FOLLOWED]], box)
    return minima.parameters[np.argsort(minima.chi2)[:NUM_KEPT]]


def _places(control: Array, box: Box) -> Array:
    """Values of the control within the bounds of the critical point, and evenly spaced ones where
    these bounds reach beyond."""
    measured = np.unique(control)
    inside = measured[(measured >= box.lower[0]) & (measured <= box.upper[0])]
    even = np.linspace(box.lower[0], box.upper[0], len(measured))
    beyond = even[(even < measured[0]) | (even > measured[-1])]
    return np.union1d(inside, beyond) if len(inside) + len(beyond) else box.lower[:1]


def _descend(
    ansatz: Ansatz, function: ScalingFunction, points: Points, starts: Array
) -> tuple[Array, float]:
    """The best minimum reached from any of ``starts``, and its chi^2."""
    minima = minimize(residuals_of(ansatz, function, points), starts, ansatz.box)
    best = int(minima.chi2.argmin())
    return minima.parameters[best], float(minima.chi2[best])
