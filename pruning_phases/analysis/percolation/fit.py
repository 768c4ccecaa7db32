"""Landmarks along the control parameter: accuracy and graph of pruned networks break down.

Each landmark is located in a mean over replicas:

    accuracy         half of the dense network's accuracy above chance is left
    largest_cluster  the largest cluster holds half of the nodes
    mean_cluster     the mean size of the other clusters is largest: the usual sign of a
                     percolation threshold in a finite graph (Stauffer and Aharony, ch. 3)
    connected        half of the networks still have a path from the input to the output

Distances between landmarks are measured in ln(control). Their errors come from resampling the
replicas of all curves together, so that scatter which both curves of a replica share cancels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.percolation.read import ACCURACY, GraphCurves
from pruning_phases.statistics.estimates import first_below
from pruning_phases.statistics.resampling import half_width, replica_fractions, resampled_deviations

Array = NDArray[np.float64]

HALF = 0.5

MOST_LOST = 0.16  # fraction of resampled curves without the landmark beyond which there is none


@dataclass(frozen=True)
class Landmark:
    """The logarithm of a control, with the values from which its error is taken."""

    value: float
    samples: Array  # [batch] from resampled curves, NaN for curves without the landmark
    thinned: Array  # [2] from every second point

    @property
    def error(self) -> float:
        return float(np.hypot(half_width(self.samples), _spacing_error(self.thinned - self.value)))


def _spacing_error(shifts: Array) -> float:
    """Error that the spacing h of the points causes: half of the larger shift at doubled h.

    Linear interpolation of a smooth curve is off by c h^2, so that doubling h shifts the landmark
    by 3 c h^2. That of a step is off by up to h, and doubling h shifts it by up to h more.
    """
    return float(np.abs(shifts).max() / 2)


@dataclass(frozen=True)
class Undetermined:
    """The reason why a landmark or a distance is not determined."""

    reason: str


def landmarks(
    curves: GraphCurves, num_resampled: int, seed: int
) -> dict[str, Landmark | Undetermined]:
    """Locate all four landmarks, with the same resampled replicas for each."""
    shares = replica_fractions(np.random.default_rng(seed), len(curves.accuracy), num_resampled)
    x = np.log(curves.control)
    locators: dict[str, Callable[[Array, Array], Array]] = {
        ACCURACY: falls_below_half, "largest_cluster": falls_below_half,
        "mean_cluster": peak_position, "connected": falls_below_half,
    }  # fmt: skip
    found: dict[str, Landmark | Undetermined] = {}
    for name, locate in locators.items():
        values = getattr(curves, name)
        mean = values.mean(axis=0)
        samples = np.vstack([mean, mean + resampled_deviations(values, shares)])
        thinned = [locate(x[half], mean[None, half])[0] for half in _every_second(len(x))]
        found[name] = _landmark(locate(x, samples), np.array(thinned), name)
    return found


def _every_second(count: int) -> list[NDArray[np.intp]]:
    """The indices of the two halves of the points, each with the last point: the dense network."""
    return [np.unique([*range(first, count, 2), count - 1]) for first in (0, 1)]


def _landmark(positions: Array, thinned: Array, name: str) -> Landmark | Undetermined:
    """Make a landmark, or give the reason why there is none.

    positions: that of the mean curve, followed by those of the resampled curves. thinned: those of
    the mean curve with half of its points.
    """
    value, samples = positions[0], positions[1:]
    if not np.isfinite(value):
        lack = "has no maximum inside" if name == "mean_cluster" else "does not fall below half in"
        return Undetermined(f"{name} {lack} the measured range")
    if np.isnan(samples).mean() > MOST_LOST:
        return Undetermined(f"{name}: many resampled curves do not have this landmark")
    if np.isnan(thinned).any():
        return Undetermined(f"{name}: half of the points are too few to locate it")
    return Landmark(float(value), samples, thinned)


def falls_below_half(x: Array, curves: Array) -> Array:
    """The largest x at which curves [batch, points] fall below one half; x is ascending.

    NaN for curves that never do, or do so at the last x.
    """
    positions = first_below(x[::-1], curves[:, ::-1], HALF)
    return np.where(np.isfinite(positions), positions, np.nan)


def peak_position(x: Array, curves: Array) -> Array:
    """The x of the peak of curves [batch, points] of positive values.

    It is the vertex of the parabola through the logarithms of the largest value and its two
    neighbours. NaN for curves whose largest value is at an end.
    """
    y = np.log(np.maximum(curves, 1e-12))
    top = y.argmax(axis=1)
    rows = np.flatnonzero((top > 0) & (top < y.shape[1] - 1))
    at = top[rows]
    (x0, x1, x2), (y0, y1, y2) = (
        [x[at - 1], x[at], x[at + 1]], [y[rows, at - 1], y[rows, at], y[rows, at + 1]]
    )  # fmt: skip
    left, right = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
    curvature = np.minimum((right - left) / (x2 - x0), -1e-300)
    positions = np.full(len(curves), np.nan)
    positions[rows] = np.clip((x0 + x1) / 2 - left / (2 * curvature), x0, x2)
    return positions


def distance(
    first: Landmark | Undetermined, second: Landmark | Undetermined
) -> tuple[float, float] | Undetermined:
    """ln(control of the first / control of the second), and its error."""
    if isinstance(first, Undetermined):
        return first
    if isinstance(second, Undetermined):
        return second
    samples = first.samples - second.samples
    if np.isnan(samples).mean() > MOST_LOST:
        return Undetermined("many resampled curves lack one of the two landmarks")
    value = first.value - second.value
    spacing = _spacing_error(first.thinned - second.thinned - value)
    return value, float(np.hypot(half_width(samples), spacing))
