"""Finite-size scaling: the parameters that bring the curves of all sizes onto one, with errors.

The search needs no starting guess, the judgement no form for f. A quoted error holds two parts
that are also shown apart: the statistical one, from refits of resampled data, and the drift of the
fit when the smallest size or the outer half of the window is left out, as which a correction to
scaling shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_distribution
from scipy.stats import qmc

from pruning_phases.analysis.collapse.ansatz import Ansatz
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import Form, fitted_values, residuals_of
from pruning_phases.statistics.least_squares import minimize
from pruning_phases.statistics.resampling import half_width
from pruning_phases.statistics.splines import MORE_FLEXIBLE

Array = NDArray[np.float64]

MakeAnsatz = Callable[[Array, Array], Ansatz]  # control, size -> ansatz with its search box

Noise = Callable[[np.random.Generator, int], Array]  # generator, batch -> [batch, points]

NUM_TRIED = 512  # parameter sets that the global search looks at, for each spline count

NUM_FOLLOWED = 16  # of these, the best are followed downhill

NUM_KEPT = 4  # minima that compete when f's form is chosen

FEWEST_SPLINES, MOST_SPLINES = 5, 18

POINTS_PER_COEFFICIENT = 3  # a spline needs at least so many points

SIGMAS_ABOVE_ZERO = 4  # all values must be, before their logarithm is fitted

UNDECIDED = "undecided"

POOR = 3.0  # chi^2/dof above which a form does not describe the data

DECISIVE = 2.0  # difference of the information criterion at which one ansatz is preferred

MISFIT = 1e-3  # probability of so large, or so small, a chi^2 below which that is said

MOST_ON_BOUND = 0.16  # share of refits on a bound beyond which the interval is open


@dataclass(frozen=True)
class Optimum:
    """A fit without errors."""

    theta: Array
    chi2: float
    form: Form
    smooth_theta: Array  # of the smoothest f that the data admit
    smooth_form: Form
    bic: float  # of that one: chi^2 + (number of parameters) ln(number of points)

    def dof(self, ansatz: Ansatz, points: Points) -> int:
        return len(points) - self.form.num_coefficients - ansatz.num_free


@dataclass(frozen=True)
class Estimate:
    """A quoted parameter. ``value`` None: not determined, and ``reason`` says why."""

    value: float | None
    error: float | None  # statistical and drifts, in quadrature
    statistical: float | None = None
    drift_size: float | None = None  # without the smallest size, carried on to infinite size
    drift_window: float | None = None  # when the outer half of every size's points is left out
    fixed: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Collapse:
    """A collapse with errors."""

    ansatz: Ansatz
    points: Points
    optimum: Optimum
    estimates: dict[str, Estimate]
    num_resampled: int

    @property
    def chi2_per_dof(self) -> float:
        return self.optimum.chi2 / self.optimum.dof(self.ansatz, self.points)

    @property
    def notes(self) -> list[str]:
        """What a reader has to know before the numbers."""
        found = []
        dof = self.optimum.dof(self.ansatz, self.points)
        said = f"chi2/dof is {self.chi2_per_dof:.2g} (dof {dof})"
        if chi2_distribution.sf(self.optimum.chi2, dof) < MISFIT:
            found.append(
                f"{said}: the curves do not fall onto one within their errors; a "
                "window=[LOW,HIGH] nearer to the critical point or correction=1 may help"
            )
        elif chi2_distribution.cdf(self.optimum.chi2, dof) < MISFIT:
            found.append(f"{said}: the errors of the points look too large")
        if len(self.points.sizes) < 3:
            found.append("two sizes: the drift with the smallest size cannot be seen")
        return found


def fit_collapse(
    make: MakeAnsatz,
    points: Points,
    *,
    noise: Noise | None = None,
    num_resampled: int = 500,
    seed: int = 0,
    correction: float | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Collapse:
    """The best collapse of ``points`` and the errors of its parameters.

    ``noise`` draws deviations of the values from their means; by default Gaussian ones with the
    points' errors. ``correction``: omega of a correction to scaling.
    """
    ansatz = make(points.control, points.size)
    optimum = find_optimum(ansatz, points, correction)
    progress(1)
    draws = (noise or gaussian_noise(points))(np.random.default_rng(seed), num_resampled)
    refits = resampled_parameters(ansatz, points, optimum, draws)
    progress(2)
    drifts = {
        "drift_size": _refit(make, without_smallest(points), optimum, correction),
        "drift_window": _refit(make, inner_half(points, optimum.theta[0]), optimum, correction),
    }
    estimates = _estimates(ansatz, points, optimum, refits, drifts)
    progress(3)
    return Collapse(ansatz, points, optimum, estimates, num_resampled)


def gaussian_noise(points: Points) -> Noise:
    return lambda generator, batch: points.error * generator.standard_normal((batch, len(points)))


# -- the optimum ---------------------------------------------------------------------------------
def find_optimum(
    ansatz: Ansatz, points: Points, correction: float | None = None, start: Array | None = None
) -> Optimum:
    """The global minimum over parameters and over the number of splines.

    The smoothest admissible f is the one with the least Bayesian information criterion; the fit
    itself is made with a few splines more. ``start`` [parameters] takes the search's place.
    """
    best: tuple[float, Array, Form] | None = None
    for form in _forms(points, correction):
        starts = _search(ansatz, form, points) if start is None else start[None]
        for count in range(FEWEST_SPLINES, _most_splines(points, form) + 1):
            theta, chi2 = _descend(ansatz, form.with_splines(count), points, starts)
            bic = chi2 + (form.with_splines(count).num_coefficients + ansatz.num_free) * np.log(
                len(points)
            )
            if best is None or bic < best[0]:
                best = (bic, theta, form.with_splines(count))
    assert best is not None
    bic, smooth_theta, smooth = best
    limit = _most_splines(points, smooth)
    form = smooth.with_splines(min(smooth.num_splines + MORE_FLEXIBLE, limit))
    starts = _search(ansatz, form, points) if start is None else start[None]
    theta, chi2 = _descend(ansatz, form, points, np.vstack([smooth_theta, starts]))
    return Optimum(theta, chi2, form, smooth_theta, smooth, float(bic))


def _forms(points: Points, correction: float | None) -> list[Form]:
    forms = [Form(_most_splines(points, Form(0, False, correction)), False, correction)]
    if (points.value > SIGMAS_ABOVE_ZERO * points.error).all():
        forms.append(Form(forms[0].num_splines, True, correction))
    return forms


def _most_splines(points: Points, form: Form) -> int:
    spare = form.with_splines(0).num_coefficients
    return max(FEWEST_SPLINES, min(MOST_SPLINES, len(points) // POINTS_PER_COEFFICIENT - spare))


def _search(ansatz: Ansatz, form: Form, points: Points) -> Array:
    """The NUM_KEPT best minima [minima, parameters] reached from a net of parameters that fills
    the whole box evenly (Sobol), the critical point as densely as the control was measured."""
    box = ansatz.box
    free = box.width > 0
    net = np.tile(box.lower, (NUM_TRIED, 1))
    shares = qmc.Sobol(ansatz.num_free, seed=0).random(NUM_TRIED)
    net[:, free] += shares * box.width[free]
    net[:, 0] = np.quantile(np.unique(points.control), shares[:, 0])
    coarse = form.with_splines(min(10, form.num_splines))
    residuals = residuals_of(ansatz, coarse, points)
    chi2 = (residuals(net) ** 2).sum(axis=1)
    minima = minimize(residuals, net[np.argsort(chi2)[:NUM_FOLLOWED]], box)
    return minima.parameters[np.argsort(minima.chi2)[:NUM_KEPT]]


def _descend(ansatz: Ansatz, form: Form, points: Points, starts: Array) -> tuple[Array, float]:
    minima = minimize(residuals_of(ansatz, form, points), starts, ansatz.box)
    best = int(minima.chi2.argmin())
    return minima.parameters[best], float(minima.chi2[best])


# -- errors --------------------------------------------------------------------------------------
def resampled_parameters(ansatz: Ansatz, points: Points, optimum: Optimum, draws: Array) -> Array:
    """Parameters [batch, parameters] refitted to the smooth curve plus each draw of noise."""
    curve = fitted_values(ansatz, optimum.smooth_form, points, optimum.smooth_theta)
    values = curve + draws
    if optimum.form.logarithmic:  # the same noise, on the axis that is fitted
        values = curve * np.exp(draws / points.value)
    start = np.tile(optimum.smooth_theta, (len(draws), 1))
    residuals = residuals_of(ansatz, optimum.form, points, values)
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


def _refit(
    make: MakeAnsatz, points: Points | None, optimum: Optimum, correction: float | None
) -> tuple[Ansatz, Array] | None:
    if points is None or len(points) < POINTS_PER_COEFFICIENT * FEWEST_SPLINES:
        return None
    ansatz = make(points.control, points.size)
    return ansatz, find_optimum(ansatz, points, correction, optimum.theta).theta


def _estimates(
    ansatz: Ansatz,
    points: Points,
    optimum: Optimum,
    refits: Array,
    drifts: dict[str, tuple[Ansatz, Array] | None],
) -> dict[str, Estimate]:
    """Statistical errors are half the central 68% of the refits, widened by sqrt(chi^2/dof) where
    that exceeds 1, as for any fit whose errors prove too small. One parameter on a bound leaves
    the others without meaning, since each was fitted given that one."""
    quoted = ansatz.quoted(optimum.theta)
    spread = ansatz.quoted(refits)
    widen = max(1.0, np.sqrt(optimum.chi2 / max(optimum.dof(ansatz, points), 1)))
    on_bound = ansatz.box.on_bound(optimum.theta)
    often = ansatz.box.on_bound(refits).mean(axis=0) > MOST_ON_BOUND
    moved = {
        name: None if other is None else other[0].quoted(other[1]) for name, other in drifts.items()
    }
    open_ended = np.flatnonzero(on_bound | often)
    reason = _why(ansatz, int(open_ended[0]), on_bound) if len(open_ended) else None
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
            shifts["drift_size"] *= _carried_on(points)
        total = np.sqrt(statistical**2 + sum(shift**2 for shift in shifts.values() if shift))
        estimates[name] = Estimate(
            value, float(total), statistical, shifts["drift_size"], shifts["drift_window"]
        )
    return estimates


def _carried_on(points: Points) -> float:
    """1 / (1 - L1/L2) for the two smallest sizes: a shift ~ 1/L of which leaving out L1 shows the
    part from L1 to L2 is this much larger up to infinite size."""
    first, second = points.sizes[:2]
    return float(1 / (1 - first / second))


def _why(ansatz: Ansatz, open_ended: int, on_bound: NDArray[np.bool_]) -> str:
    name, low, high = ansatz.searched[open_ended]
    what = "the fit ends" if on_bound[open_ended] else f"over {MOST_ON_BOUND:.0%} of the refits end"
    return f"{what} on a bound of {name}, [{low:.4g}, {high:.4g}]: the data do not determine it"


# -- comparison ----------------------------------------------------------------------------------
def preferred(first: Collapse, second: Collapse) -> tuple[str, str | None]:
    """The ansatz with the smaller Bayesian information criterion; or ``undecided`` and why.

    Where neither fits within the errors (chi^2/dof > 1) the difference counts for as much less, and
    beyond POOR the better one of two that do not describe the data is no finding.
    """
    if all(one.estimates["critical_point"].value is None for one in (first, second)):
        return UNDECIDED, "neither form's critical point is determined"
    scale = max(1.0, min(first.chi2_per_dof, second.chi2_per_dof))
    if scale > POOR:
        return UNDECIDED, f"neither form describes the data (chi2/dof above {POOR:g})"
    difference = (second.optimum.bic - first.optimum.bic) / scale
    if abs(difference) < DECISIVE:
        return UNDECIDED, "the two forms describe the data about as well"
    return (first if difference > 0 else second).ansatz.name, None
