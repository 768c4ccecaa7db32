"""Landmarks: positions along a control parameter at which a mean over replicas does something.

In: curves [replicas, points] over a coordinate. Out: positions with errors. The errors of several
landmarks come from the same resampled replicas, so that scatter which the curves of a replica share
cancels in the distance between two landmarks.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.statistics.estimates import first_below
from pruning_phases.statistics.resampling import MOST_LOST, half_width, resampled_deviations

Array = NDArray[np.float64]

Locator = Callable[[Array, Array], Array]  # x [points], curves [batch, points] -> [batch]

HALF = 0.5


@dataclass(frozen=True)
class Landmark:
    """The position of a landmark, with the values from which its error is taken."""

    value: float
    samples: Array  # [batch] of resampled curves, NaN without the landmark
    thinned: Array  # [2] from every second point

    @property
    def error(self) -> float:
        return float(np.hypot(half_width(self.samples), _spacing_error(self.thinned - self.value)))

    @property
    def exponentiated(self) -> tuple[float, float]:
        """exp(value) and its error exp(value) * error, of a landmark in ln(control)."""
        at = float(np.exp(self.value))
        return at, at * self.error


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


def locate(
    x: Array, values: Array, fractions: Array, locator: Locator, lack: str
) -> Landmark | Undetermined:
    """Locate a landmark in the mean of values [replicas, points] over x [points], ascending.

    fractions: [batch, replicas], of each replica in a sample. lack: said of a curve without it.
    """
    mean = values.mean(axis=0)
    samples = np.vstack([mean, mean + resampled_deviations(values, fractions)])
    positions = locator(x, samples)
    thinned = np.array([locator(x[half], mean[None, half])[0] for half in _every_second(len(x))])
    return _landmark(positions, thinned, lack)


def _every_second(count: int) -> list[NDArray[np.intp]]:
    """The indices of the two halves of the points, each with the last point."""
    return [np.unique([*range(first, count, 2), count - 1]) for first in (0, 1)]


def _landmark(positions: Array, thinned: Array, lack: str) -> Landmark | Undetermined:
    """Make a landmark, or give the reason why there is none.

    positions: that of the mean curve, followed by those of the resampled curves. thinned: those of
    the mean curve with half of its points.
    """
    value, samples = positions[0], positions[1:]
    if not np.isfinite(value):
        return Undetermined(f"{lack} the measured range")
    if np.isnan(samples).mean() > MOST_LOST:
        return Undetermined(f"{lack} the measured range in many resampled curves")
    if np.isnan(thinned).any():
        return Undetermined(f"{lack} half of the points")
    return Landmark(float(value), samples, thinned)


def falls_below(x: Array, curves: Array, threshold: float = HALF) -> Array:
    """The largest x at which curves [batch, points] fall below a threshold; x is ascending.

    NaN for curves that never do, or do so at the last x.
    """
    positions = first_below(x[::-1], curves[:, ::-1], threshold)
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
    """Position of the first minus that of the second, and its error."""
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
