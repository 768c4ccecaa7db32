"""Fits to parts of the points: windows in |x|, without the smallest sizes, with a correction.

In: points and the fit to all of them. Out: one fit per part. What follows from their parameters is
decided in ``average``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.collapse.ansatz import Ansatz, MakeAnsatz
from pruning_phases.analysis.collapse.average import largest_acceptable
from pruning_phases.analysis.collapse.optimum import (
    Optimum,
    enough_points,
    find_optimum,
    near_optimum,
)
from pruning_phases.analysis.collapse.points import Points

Array = NDArray[np.float64]

WINDOWS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12)  # fractions of the points of smallest |x|

ALWAYS, ALWAYS_WITH_CORRECTION = 3, 2  # windows that are fitted even if a wider one is acceptable

MOST_DROPPED = 2  # smallest sizes that are left out

FEWEST_SIZES = 3  # of a part, and one more with a correction, unless there are no more

OMEGA = 1.0  # of the correction that is tried


@dataclass(frozen=True, eq=False)
class Fit:
    """The fit to a part of the points."""

    ansatz: Ansatz
    optimum: Optimum
    points: Points
    chosen: NDArray[np.int64]  # indices of these points among all
    dropped: int  # smallest sizes that are left out
    window: float  # fraction of the other points that is kept
    reach: float  # largest |x|

    @property
    def correction(self) -> float | None:
        return self.optimum.function.correction

    @property
    def dof(self) -> int:
        return self.optimum.dof(self.ansatz, self.points)

    @property
    def chi2_per_dof(self) -> float:
        return self.optimum.chi2 / max(self.dof, 1)

    @property
    def on_bound(self) -> bool:
        return bool(self.ansatz.box.on_bound(self.optimum.theta).any())

    def contains(self, other: "Fit") -> bool:
        """True if ``other`` has no point and no assumption that this fit lacks."""
        return (
            self.dropped <= other.dropped
            and self.window >= other.window
            and (self.correction is None or other.correction is not None)
        )


def fits_to_parts(
    make: MakeAnsatz, points: Points, whole: Optimum, correction: float | None
) -> list[Fit]:
    """Fits to parts of the points, the one to all of them first.

    With ``correction`` (omega) every fit has it. Without, an ansatz that admits one is fitted both
    ways, and searched again with it if the fit to all points does not describe them.
    """
    ansatz = make(points.control, points.size)
    fits = list(_windows(make, points, whole, correction))
    if correction is None and ansatz.corrected and len(points.sizes) >= FEWEST_SIZES:
        start = whole
        if not fits or fits[0].chi2_per_dof > largest_acceptable(fits[0].dof):
            start = find_optimum(ansatz, points, OMEGA)
        fits += _windows(make, points, start, OMEGA)
    return fits


def _windows(
    make: MakeAnsatz, points: Points, whole: Optimum, correction: float | None
) -> Iterator[Fit]:
    """Fits with one correction or with none; a window starts where the wider one ended.

    The windows become narrower until one describes its points.
    """
    function = replace(whole.function, correction=correction)
    always = ALWAYS if correction is None else ALWAYS_WITH_CORRECTION
    for dropped in range(_num_dropped(len(points.sizes), correction) + 1):
        left = np.flatnonzero(points.size >= points.sizes[dropped])
        start = whole.theta
        for window in WINDOWS:
            x = np.abs(_scaled(make, points.where(left), start))
            inside = x <= np.quantile(x, window)
            chosen = left[inside]
            part = points.where(chosen)
            if len(part.sizes) < min(FEWEST_SIZES, len(points.sizes)):
                break
            if not enough_points(part, function):
                break
            ansatz = make(part.control, part.size)
            if len(part) == len(points) and correction == whole.function.correction:
                optimum = whole
            else:
                optimum = near_optimum(ansatz, part, function, start)
            fit = Fit(ansatz, optimum, part, chosen, dropped, window, float(x[inside].max()))
            if fit.dof < 1:
                break
            yield fit
            if window <= WINDOWS[always - 1] and fit.chi2_per_dof <= largest_acceptable(fit.dof):
                break
            start = start if fit.on_bound else optimum.theta


def with_correction(fit: Fit, fits: list[Fit]) -> Fit | None:
    """The fit to the same points with a correction; None if it has one or admits none."""
    function = replace(fit.optimum.function, correction=OMEGA)
    if fit.correction is not None or not fit.ansatz.corrected:
        return None
    for other in fits:
        if other.correction is not None and np.array_equal(other.chosen, fit.chosen):
            return other
    if len(fit.points.sizes) < FEWEST_SIZES or not enough_points(fit.points, function):
        return None
    optimum = near_optimum(fit.ansatz, fit.points, function, fit.optimum.theta)
    return replace(fit, optimum=optimum)


def _num_dropped(num_sizes: int, correction: float | None) -> int:
    """Number of sizes that can be left out."""
    needed = FEWEST_SIZES if correction is None else FEWEST_SIZES + 1
    return max(0, min(MOST_DROPPED, num_sizes - needed))


def _scaled(make: MakeAnsatz, points: Points, theta: Array) -> Array:
    """The scaled variable x [points]."""
    ansatz = make(points.control, points.size)
    return ansatz.axes(theta[None], points.control, points.size)[0][0]
