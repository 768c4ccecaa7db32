"""Collapsed parameters with errors, from fits to parts of the points.

A quoted error combines three parts, which are also reported separately: the statistical one, from
refits of resampled data; the spread of the acceptable fits; and the shift that a correction to
scaling makes, if it is significant.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.collapse.ansatz import Ansatz
from pruning_phases.analysis.collapse.average import (
    MUCH_LARGER,
    acceptable,
    around_widest,
    average,
    monotonic,
    significant_shift,
)
from pruning_phases.analysis.collapse.optimum import Optimum
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import fitted_values, residuals_of
from pruning_phases.analysis.collapse.subsets import Fit, with_correction
from pruning_phases.statistics.least_squares import minimize
from pruning_phases.statistics.resampling import half_width

Array = NDArray[np.float64]

MOST_ON_BOUND = 0.16  # fraction of refits on a bound beyond which the interval is open

MOST_LOST = 0.5  # fraction of acceptable fits on a bound beyond which no parameter is determined

HOPELESS = 100.0  # least chi^2/dof of all fits from which no parameter is determined

WITH_CORRECTIONS = 2.0  # factor to MUCH_LARGER where the fit to all points is not acceptable

ITERATIONS, FEWER_ITERATIONS = 40, 10  # of refits: of the fit to the most points, of the others


@dataclass(frozen=True)
class Estimate:
    """A quoted parameter. ``value`` None: not determined, and ``reason`` says why."""

    value: float | None
    error: float | None  # all parts in quadrature
    statistical: float | None = None
    spread: float | None = None  # of the fits that are averaged
    shift: float | None = None  # with a correction to scaling; 0 if not significant
    fixed: bool = False
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Refitted:
    """An acceptable fit with refits of resampled data, or with the reason to leave it out."""

    fit: Fit
    values: Array  # [names]
    deviations: Array  # [batch, names]
    reason: str | None

    @property
    def errors(self) -> Array:
        return half_width(self.deviations)


def widest_of(fits: list[Fit]) -> Fit:
    """The acceptable fit to the most points, without a correction if there is one."""
    return max(accepted(fits), key=lambda fit: (len(fit.points), fit.correction is None))


def accepted(fits: list[Fit]) -> list[Fit]:
    """The fits whose chi^2 does not speak against them."""
    chi2_per_dof, dof = np.array([(fit.chi2_per_dof, fit.dof) for fit in fits]).T
    good = acceptable(chi2_per_dof, dof)
    return [fit for fit, one in zip(fits, good, strict=True) if one]


def estimates_of(
    fits: list[Fit], noise: Array, known: bool = True
) -> tuple[dict[str, Estimate], list[Refitted]]:
    """Parameters with errors, by name, and the fits from which they come.

    ``noise`` [batch, points] of all points. Deviations are widened by sqrt(chi^2/dof) above 1;
    without ``known`` errors of the points also narrowed below 1. If one parameter lies on a bound
    none is determined, since all are fitted together.
    """
    names = list(fits[0].ansatz.quoted(fits[0].optimum.theta))
    least = min(fit.chi2_per_dof for fit in fits)
    if least >= HOPELESS:
        reason = (
            f"chi2/dof is {least:.3g} or more in every window, with or without a "
            "correction: the ansatz does not describe the data"
        )
        return undetermined(fits[0], names, reason), []
    widest = widest_of(fits)
    found = [_refitted(fit, noise, known, fit is widest) for fit in accepted(fits)]
    lost = [one for one in found if one.reason]
    first = next(one for one in found if one.fit is widest)
    if first.reason or len(lost) > MOST_LOST * len(found):
        return undetermined(widest, names, first.reason or str(lost[0].reason)), []
    kept = [one for one in found if not one.reason]
    partner = with_correction(widest, fits)
    other = None if partner is None else _refitted(partner, noise, known, False)
    return _averaged(kept, first, other, widest is fits[0]), kept


def undetermined(fit: Fit, names: list[str], reason: str) -> dict[str, Estimate]:
    """No value for any parameter but the fixed ones."""
    values = fit.ansatz.quoted(fit.optimum.theta)
    return {
        name: Estimate(float(values[name]), None, fixed=True)
        if name in fit.ansatz.fixed
        else Estimate(None, None, reason=reason)
        for name in names
    }


def _averaged(
    kept: list[Refitted], widest: Refitted, corrected: Refitted | None, is_whole: bool
) -> dict[str, Estimate]:
    """Estimates from the fits; ``corrected``: to the points of the widest, with a correction.

    Where the widest is not the fit to all points (``is_whole``), corrections are there, and less
    precise fits that allow for them count, too.
    """
    count, ansatz, index = len(kept), widest.fit.ansatz, kept.index(widest)
    contains = np.array([a.fit.contains(b.fit) for a, b in product(kept, kept)])
    values = np.array([one.values for one in kept])
    errors = monotonic(np.array([one.errors for one in kept]), contains.reshape(count, count))
    if ansatz.corrected:
        largest = MUCH_LARGER if is_whole else WITH_CORRECTIONS * MUCH_LARGER
        deviations = np.array([one.deviations for one in kept])
        result = average(values, errors, deviations, index, largest)
    else:
        result = around_widest(values, errors, index)
    names = list(ansatz.quoted(widest.fit.optimum.theta))
    shift = np.zeros(len(names))
    if corrected is not None and not corrected.reason:
        both = (widest, corrected)
        shift = significant_shift(
            np.array([one.values for one in both]), np.array([one.deviations for one in both])
        )
    error = np.sqrt(result.statistical**2 + result.spread**2 + shift**2)
    rows = np.stack([result.value, error, result.statistical, result.spread, shift], axis=1)
    return {
        name: Estimate(row[0], None, fixed=True) if name in ansatz.fixed else Estimate(*row)
        for name, row in zip(names, rows.tolist(), strict=True)
    }


def _refitted(fit: Fit, noise: Array, known: bool, is_widest: bool) -> Refitted:
    """The fit's values, and deviations of its refits from their centre, widened."""
    ansatz, optimum = fit.ansatz, fit.optimum
    on_bound = ansatz.box.on_bound(optimum.theta)
    refits = optimum.smooth_theta[None]
    often = np.zeros_like(on_bound)
    if not on_bound.any():
        refits = resampled_parameters(
            ansatz, fit.points, optimum, noise[:, fit.chosen],
            ITERATIONS if is_widest else FEWER_ITERATIONS,
        )  # fmt: skip
        often = ansatz.box.on_bound(refits).mean(axis=0) > MOST_ON_BOUND
    open_ended = np.flatnonzero(on_bound | often)
    reason = _bound_reason(ansatz, int(open_ended[0]), on_bound) if len(open_ended) else None
    widen = np.sqrt(fit.chi2_per_dof)
    values, spread, centre = (
        ansatz.quoted(theta) for theta in (optimum.theta, refits, optimum.smooth_theta)
    )
    return Refitted(
        fit,
        np.array([float(values[name]) for name in values]),
        np.stack([spread[name] - centre[name] for name in values], axis=1)
        * (max(1.0, widen) if known else widen),
        reason,
    )


def resampled_parameters(
    ansatz: Ansatz, points: Points, optimum: Optimum, noise: Array, max_iterations: int = ITERATIONS
) -> Array:
    """Parameters [batch, parameters] refitted to the smooth curve plus noise [batch, points]."""
    curve = fitted_values(ansatz, optimum.smooth_function, points, optimum.smooth_theta)
    values = curve + noise
    if optimum.function.logarithmic:  # the same noise, in the logarithm
        values = curve * np.exp(noise / points.value)
    start = np.tile(optimum.smooth_theta, (len(noise), 1))
    residuals = residuals_of(ansatz, optimum.function, points, values)
    return minimize(residuals, start, ansatz.box, max_iterations).parameters


def _bound_reason(ansatz: Ansatz, open_ended: int, on_bound: NDArray[np.bool_]) -> str:
    """The reason why a parameter is not determined, as one line."""
    name, low, high = ansatz.searched[open_ended]
    ends = "the fit ends" if on_bound[open_ended] else f"over {MOST_ON_BOUND:.0%} of the refits end"
    cure = (
        ": measure beyond it, or search there with critical_range=[LOW,HIGH]"
        if name == "critical_point"
        else ""
    )
    return (
        f"{ends} on a bound of {name}, [{low:.4g}, {high:.4g}]: the data do not determine it{cure}"
    )
