"""Errors of collapsed parameters: refits of resampled data, and drifts of the fit.

A quoted error combines two parts, which are also reported separately: the statistical one, from
refits of resampled data, and the drift of the fit when the smallest size or the outer half of the
window is left out, which shows corrections to scaling.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.collapse.ansatz import Ansatz
from pruning_phases.analysis.collapse.optimum import (
    FEWEST_SPLINES,
    POINTS_PER_COEFFICIENT,
    Optimum,
    find_optimum,
)
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import fitted_values, residuals_of
from pruning_phases.statistics.least_squares import minimize
from pruning_phases.statistics.resampling import half_width

Array = NDArray[np.float64]

MakeAnsatz = Callable[[Array, Array], Ansatz]  # control, size -> ansatz with its search box

MOST_ON_BOUND = 0.16  # fraction of refits on a bound beyond which the interval is open


@dataclass(frozen=True)
class Estimate:
    """A quoted parameter. ``value`` None: not determined, and ``reason`` says why."""

    value: float | None
    error: float | None  # statistical and drifts, in quadrature
    statistical: float | None = None
    drift_size: float | None = None  # without the smallest size, extrapolated to infinite size
    drift_window: float | None = None  # when the outer half of every size's points is left out
    fixed: bool = False
    reason: str | None = None


def resampled_parameters(ansatz: Ansatz, points: Points, optimum: Optimum, noise: Array) -> Array:
    """Parameters [batch, parameters] refitted to the smooth curve plus noise [batch, points]."""
    curve = fitted_values(ansatz, optimum.smooth_function, points, optimum.smooth_theta)
    values = curve + noise
    if optimum.function.logarithmic:  # the same noise, in the logarithm
        values = curve * np.exp(noise / points.value)
    start = np.tile(optimum.smooth_theta, (len(noise), 1))
    residuals = residuals_of(ansatz, optimum.function, points, values)
    return minimize(residuals, start, ansatz.box, max_iterations=40).parameters


def without_smallest(points: Points) -> Points | None:
    """The points of all sizes but the smallest; None with fewer than three sizes."""
    if len(points.sizes) < 3:
        return None
    return points.where(points.size > points.size.min())


def inner_half(points: Points, critical: float) -> Points | None:
    """The half of each size's points that lies nearest to the critical point."""
    chosen = np.zeros(len(points), dtype=bool)
    for size in points.sizes:
        members = np.flatnonzero(points.size == size)
        nearest = np.argsort(np.abs(points.control[members] - critical), kind="stable")
        chosen[members[nearest[: (len(members) + 1) // 2]]] = True
    half = points.where(chosen)
    return half if len(half) >= POINTS_PER_COEFFICIENT * FEWEST_SPLINES else None


def refit(
    make: MakeAnsatz, points: Points | None, optimum: Optimum, correction: float | None
) -> tuple[Ansatz, Array] | None:
    """The ansatz and the parameters fitted to a part of the points; None with too few points."""
    if points is None or len(points) < POINTS_PER_COEFFICIENT * FEWEST_SPLINES:
        return None
    ansatz = make(points.control, points.size)
    return ansatz, find_optimum(ansatz, points, correction, optimum.theta).theta


def estimates_of(
    ansatz: Ansatz,
    points: Points,
    optimum: Optimum,
    refits: Array,
    drifts: dict[str, tuple[Ansatz, Array] | None],
) -> dict[str, Estimate]:
    """Parameters with errors, by name.

    A statistical error is half the central 68% of the refits, times sqrt(chi^2/dof) where that
    exceeds 1. If one parameter lies on a bound none is determined, since all are fitted together.
    """
    quoted = ansatz.quoted(optimum.theta)
    spread = ansatz.quoted(refits)
    widen = max(1.0, np.sqrt(optimum.chi2 / max(optimum.dof(ansatz, points), 1)))
    on_bound = ansatz.box.on_bound(optimum.theta)
    often = ansatz.box.on_bound(refits).mean(axis=0) > MOST_ON_BOUND
    moved = {
        name: None if other is None else other[0].quoted(other[1]) for name, other in drifts.items()
    }
    open_ended = np.flatnonzero(on_bound | often)
    reason = _bound_reason(ansatz, int(open_ended[0]), on_bound) if len(open_ended) else None
    estimates = {}
    for name in quoted:
        value = float(quoted[name])
        if name in ansatz.fixed:
            estimates[name] = Estimate(value, None, fixed=True)
            continue
        if reason:
            estimates[name] = Estimate(None, None, reason=reason)
            continue
        statistical = float(widen * half_width(spread[name]))
        shifts = {
            key: None if there is None else abs(float(there[name]) - value)
            for key, there in moved.items()
        }
        if shifts["drift_size"] is not None:
            shifts["drift_size"] *= _extrapolation_factor(points)
        total = np.sqrt(statistical**2 + sum(shift**2 for shift in shifts.values() if shift))
        estimates[name] = Estimate(
            value, float(total), statistical, shifts["drift_size"], shifts["drift_window"]
        )
    return estimates


def _extrapolation_factor(points: Points) -> float:
    """1 / (1 - L1/L2) for the two smallest sizes L1 < L2, dimensionless.

    A shift ~ 1/L changes by its value at L1 minus that at L2 when L1 is left out. This factor turns
    that change into the shift at infinite size.
    """
    first, second = points.sizes[:2]
    return float(1 / (1 - first / second))


def _bound_reason(ansatz: Ansatz, open_ended: int, on_bound: NDArray[np.bool_]) -> str:
    """The reason why a parameter is not determined, as one line."""
    name, low, high = ansatz.searched[open_ended]
    ends = "the fit ends" if on_bound[open_ended] else f"over {MOST_ON_BOUND:.0%} of the refits end"
    return f"{ends} on a bound of {name}, [{low:.4g}, {high:.4g}]: the data do not determine it"
