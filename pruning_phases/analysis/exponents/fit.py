"""Fit of the critical law of one curve, order parameter = A (p - p_c)^beta, by windows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_distribution

from pruning_phases.statistics.curves import Curve, errors_of_mean
from pruning_phases.statistics.least_squares import Box, Residuals, minimize
from pruning_phases.statistics.quote import with_error
from pruning_phases.statistics.resampling import half_width, replica_fractions, resampled_deviations

Array = NDArray[np.float64]

FEWEST_POINTS = 6  # in a window, for three parameters

MOST_ENDS = 14  # lower ends of windows that the scan tries; twice as many upper ends

MOST_POINTS = 200  # points that are fitted; if there are more, neighbours are averaged

ADMISSIBLE = 0.05  # smallest p-value of chi^2 in a window that counts

# A window begins where the curve lies between these fractions of its dense value above the floor.
# Larger values belong to a network that still works, and smaller ones to the rounded tail of a
# finite network, which the law does not describe.
ONSET, COLLAPSED = 0.05, 0.25

MOST_ON_BOUND = 0.16  # fraction of resampled fits on a bound beyond which the interval is open
SHARPER = "take finer steps (pruner.steps) and more replicas (num_replicas)"  # a cure

AT_ZERO = 1e-3  # fraction of the window's lowest control below which a critical point counts as 0

# (p_c / lowest control of the window, ln beta): the critical point lies below the window.
BOX = Box(np.array([0.0, np.log(0.01)]), np.array([0.9999, np.log(5.0)]))

STARTS = np.array(
    [[ratio, np.log(beta)] for ratio in (0.2, 0.6, 0.9, 0.99) for beta in (0.1, 0.3, 1.0)]
)


def critical_law(control: Array, critical: Array, exponent: Array) -> Array:
    """(p - p_c)^beta for p > p_c, else 0: the order parameter without its amplitude.

    control [points]; critical, exponent [batch]; result [batch, points], dimensionless.
    arXiv 2602.15224, eqs. 3 and 4, there for densities p above the critical one.
    """
    above = np.clip(control - critical[:, None], 0.0, None)
    return above ** exponent[:, None]


@dataclass(frozen=True)
class WindowFit:
    """The law fitted to the points first .. last of a curve."""

    first: int
    last: int
    critical_point: float
    exponent: float
    chi2: float
    weight: float  # of the window in the scan
    on_bound: str | None  # the parameter on a bound, if any

    @property
    def dof(self) -> int:
        return self.last - self.first + 1 - 3


@dataclass(frozen=True)
class LawFit:
    """The law in its best window, with errors. A critical point of None is not determined."""

    curve: Curve
    window: WindowFit
    scan: list[WindowFit]  # every admissible window
    critical_point: float | None
    exponent: float | None
    critical_error: float | None  # statistical
    exponent_error: float | None
    critical_systematic: float | None  # spread over the windows
    exponent_systematic: float | None
    amplitude: float
    resampled: Array  # [resampled, 2]: critical point and exponent
    reason: str | None = None

    @property
    def critical_total(self) -> float | None:
        return _quadrature(self.critical_error, self.critical_systematic)

    @property
    def exponent_total(self) -> float | None:
        return _quadrature(self.exponent_error, self.exponent_systematic)


def _quadrature(statistical: float | None, systematic: float | None) -> float | None:
    if statistical is None or systematic is None:
        return None
    return float(np.hypot(statistical, systematic))


def coarsened(curve: Curve) -> Curve:
    """Average neighbouring points, evenly in the logarithm of the control, to at most MOST_POINTS.

    Thousands of points would take minutes and determine the law no better.
    """
    if len(curve.control) <= MOST_POINTS:
        return curve
    logarithm = np.log(curve.control)
    ends = np.linspace(logarithm[0], logarithm[-1], MOST_POINTS + 1)[1:-1]
    group = np.searchsorted(ends, logarithm, side="left")
    _, group = np.unique(group, return_inverse=True)
    weights = (group == np.arange(group.max() + 1)[:, None]).astype(np.float64)
    weights /= weights.sum(axis=1, keepdims=True)
    return Curve(weights @ curve.control, curve.values @ weights.T, curve.floor)


def fit_law(curve: Curve, num_resampled: int = 1000, seed: int = 0) -> LawFit | str:
    """Fit the law to one curve; a string is the reason why that is impossible."""
    curve = coarsened(curve)
    if curve.num_replicas < 2:
        return "one replica gives no error: train with num_replicas=8 or more"
    if len(curve.control) < FEWEST_POINTS:
        return f"{len(curve.control)} densities: {FEWEST_POINTS} are needed (pruner.steps)"
    mean, error = curve.values.mean(axis=0), errors_of_mean(curve)
    if mean[-1] - curve.floor <= error[-1]:
        return "the dense value is not above the disordered one: train longer (training.budget)"
    left = (mean - curve.floor) / (mean[-1] - curve.floor)
    if left[0] > 1:
        return (
            "the value at the lowest control exceeds that of the dense network: no order parameter"
        )
    if left.min() > COLLAPSED:
        return (
            f"at the lowest control, {curve.control[0]:.3g}, {left[0]:.0%} of the dense value "
            "remains: prune further (pruner.final_density)"
        )
    begins = _begins(left)
    if not len(begins):
        return (
            f"the curve falls from over {COLLAPSED:.0%} of the dense value to under {ONSET:.0%} "
            "in one step: take finer steps (pruner.steps)"
        )
    scan = window_scan(curve.control, mean, error, begins)
    if not scan:
        return "no window of densities in which the law fits (p >= 5%)"
    best = max(scan, key=lambda window: window.weight)
    resampled = _resample(curve, error, best, num_resampled, seed)
    statistical = half_width(resampled)
    spread = [_spread(scan, best, name) for name in ("critical_point", "exponent")]
    reason = _undetermined(curve, best, resampled, np.hypot(statistical, spread))
    known = reason is None
    return LawFit(
        curve, best, scan,
        best.critical_point if known else None,
        best.exponent if known else None,
        float(statistical[0]) if known else None,
        float(statistical[1]) if known else None,
        spread[0] if known else None,
        spread[1] if known else None,
        _amplitude(curve.control, mean, error, best), resampled, reason,
    )  # fmt: skip


def _undetermined(curve: Curve, best: WindowFit, resampled: Array, totals: Array) -> str | None:
    """The reason why critical point and exponent are not determined; None if they are."""
    low, high = curve.control[best.first], curve.control[best.last]
    window = f"the fit in [{low:.3g}, {high:.3g}]"
    if best.on_bound is not None:
        return f"{window} ends on a bound of {best.on_bound}: {SHARPER}"
    if (resampled[:, 0] <= AT_ZERO * low).mean() > MOST_ON_BOUND:
        many = f"over {MOST_ON_BOUND:.0%} of the resampled fits"
        return f"{window}: {many} end on the bound 0: {SHARPER}"
    lowest, second = curve.control[:2]
    if best.critical_point + totals[0] < lowest**2 / second:  # by more than one step
        quoted = with_error(best.critical_point, totals[0])
        return (
            f"{window} gives {quoted}, below the lowest measured value, {lowest:.3g}: "
            "prune further (pruner.final_density)"
        )
    found = {"critical point": best.critical_point, "exponent": best.exponent}
    for (name, value), error in zip(found.items(), totals, strict=True):
        if error > value:
            quoted = with_error(value, error)
            return f"{window} gives the {name} {quoted}, whose error includes 0: {SHARPER}"
    return None


def window_scan(
    control: Array, mean: Array, error: Array, begins: NDArray[np.int64]
) -> list[WindowFit]:
    """The windows in which the law is admissible, with their weights.

    ``begins``: indices of the points at which a window may begin.
    weight ~ exp(-(chi^2 + 2 N_out) / 2), N_out the number of points left out: the Akaike weight for
    choosing a subset of the data (Jay and Neil 2021, Phys. Rev. D 103, 114502, eq. 36 with equal
    numbers of parameters).
    """
    windows = _windows(len(control), begins)
    if len(windows) == 0:
        return []
    inside = np.array(
        [(np.arange(len(control)) >= low) & (np.arange(len(control)) <= high)
         for low, high in windows]
    )  # fmt: skip
    lowest = control[windows[:, 0]]
    starts = np.tile(STARTS, (len(windows), 1))
    rows = np.repeat(np.arange(len(windows)), len(STARTS))
    target = np.broadcast_to(mean, (len(rows), len(mean)))
    minima = minimize(_residuals(control, lowest[rows], target, error, inside[rows]), starts, BOX)
    chi2 = minima.chi2.reshape(len(windows), -1)
    winner = chi2.argmin(axis=1)
    best = minima.parameters.reshape(len(windows), -1, 2)[np.arange(len(windows)), winner]
    chi2 = chi2.min(axis=1)
    dof = inside.sum(axis=1) - 3
    log_weight = -(chi2 + 2 * (~inside).sum(axis=1)) / 2
    admissible = np.asarray(chi2_distribution.sf(chi2, dof)) >= ADMISSIBLE
    if not admissible.any():
        return []
    weight = np.exp(np.minimum(log_weight - log_weight[admissible].max(), 0.0))
    names = ("the critical point", "the exponent")
    on_bound = [
        next((name for name, there in zip(names, row, strict=True) if there), None)
        for row in BOX.on_bound(best)
    ]
    return [
        WindowFit(int(low), int(high), float(parameters[0] * lowest[index]),
                  float(np.exp(parameters[1])), float(chi2[index]), float(weight[index]),
                  on_bound[index])
        for index, ((low, high), parameters) in enumerate(zip(windows, best, strict=True))
        if admissible[index]
    ]  # fmt: skip


def _begins(left: Array) -> NDArray[np.int64]:
    """Indices at which a window may begin: above the tail, below the risen part of the curve."""
    tail = np.flatnonzero(left < ONSET)
    risen = np.flatnonzero(left > COLLAPSED)
    first = tail[-1] + 1 if len(tail) else 0
    last = risen[risen >= first][0] if (risen >= first).any() else len(left)
    return np.arange(first, last)


def _windows(num_points: int, begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """First and last point [windows, 2] of the windows that the scan tries."""
    lows = begins[np.unique(np.linspace(0, len(begins) - 1, MOST_ENDS).astype(int))]
    highs = np.unique(np.linspace(0, num_points - 1, 2 * MOST_ENDS).astype(int))
    pairs = [(low, high) for low in lows for high in highs if high - low + 1 >= FEWEST_POINTS]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _residuals(
    control: Array, lowest: Array, target: Array, error: Array, inside: NDArray[np.bool_]
) -> Residuals:
    """(y - A law) / error inside each row's window, 0 outside; the amplitude A is fitted away."""
    weight = inside / error

    def residuals(theta: Array) -> Array:
        law = critical_law(control, theta[:, 0] * lowest, np.exp(theta[:, 1])) * weight
        wanted = target * weight
        norm = np.einsum("bn,bn->b", law, law)
        amplitude = np.einsum("bn,bn->b", law, wanted) / np.where(norm > 0, norm, 1.0)
        return wanted - amplitude[:, None] * law

    return residuals


def _resample(
    curve: Curve, error: Array, window: WindowFit, num_resampled: int, seed: int
) -> Array:
    """Critical point and exponent [resampled, 2] of means over resampled replicas."""
    fractions = replica_fractions(np.random.default_rng(seed), curve.num_replicas, num_resampled)
    centre = curve.values.mean(axis=0)
    means = centre + resampled_deviations(curve.values, fractions)
    lowest = np.full(num_resampled, curve.control[window.first])
    inside = np.zeros((num_resampled, len(centre)), dtype=bool)
    inside[:, window.first : window.last + 1] = True
    start = np.array([window.critical_point / lowest[0], np.log(window.exponent)])
    fits = minimize(
        _residuals(curve.control, lowest, means, error, inside),
        np.tile(start, (num_resampled, 1)), BOX,
    )  # fmt: skip
    return np.stack([fits.parameters[:, 0] * lowest, np.exp(fits.parameters[:, 1])], axis=1)


def _amplitude(control: Array, mean: Array, error: Array, window: WindowFit) -> float:
    """The amplitude A by weighted least squares inside the window."""
    inside = slice(window.first, window.last + 1)
    law = critical_law(
        control[inside], np.array([window.critical_point]), np.array([window.exponent])
    )[0]
    weight = 1 / error[inside] ** 2
    return float((weight * law * mean[inside]).sum() / (weight * law**2).sum())


def _spread(scan: list[WindowFit], best: WindowFit, name: str) -> float:
    """Weighted root mean square distance of the windows' results from that of the best window."""
    weights = np.array([window.weight for window in scan])
    distance = np.array([getattr(window, name) - getattr(best, name) for window in scan])
    return float(np.sqrt((weights * distance**2).sum() / weights.sum()))
