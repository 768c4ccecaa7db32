"""Where the graph of a pruned network falls apart, beside where its accuracy does.

Along the density each of these has a landmark, looked for in the mean over replicas:

    accuracy             half of what the dense network gains over chance is left
    largest_cluster    the largest cluster holds half of the nodes
    mean_cluster         the mean size of the other clusters is largest: the usual sign of a
                         percolation threshold in a finite graph (Stauffer and Aharony, ch. 3)
    connected            half of the networks still have a path from the input to the output

How far apart two landmarks lie is measured in ln(density), and resampling the replicas of all
curves together gives its error: what a replica does to both curves drops out of the distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.percolation.read import ACCURACY, GraphCurves
from pruning_phases.statistics.estimates import first_below
from pruning_phases.statistics.resampling import half_width, replica_fractions, resampled_deviations

if TYPE_CHECKING:
    pass


Array = NDArray[np.float64]

HALF = 0.5

MOST_LOST = 0.16  # share of resampled curves without the landmark beyond which there is none


@dataclass(frozen=True)
class Landmark:
    """A density, as logarithm."""

    value: float
    draws: Array  # [batch] from resampled curves, NaN where one has none
    thinned: Array  # [2] from every second density

    @property
    def error(self) -> float:
        return float(np.hypot(half_width(self.draws), _spacing_error(self.thinned - self.value)))


def _spacing_error(shifts: Array) -> float:
    """What the spacing h of the densities leaves open. Linear interpolation of a smooth curve is
    off by c h^2, so doubling h shifts the place by 3 c h^2; of a step by up to h, which shifts it
    by as much again. Half of the larger shift is between the two, and above the first."""
    return float(np.abs(shifts).max() / 2)


@dataclass(frozen=True)
class Undetermined:
    reason: str


def landmarks(
    curves: GraphCurves, num_resampled: int, seed: int
) -> dict[str, Landmark | Undetermined]:
    """All four, from the same resampled replicas."""
    shares = replica_fractions(np.random.default_rng(seed), len(curves.accuracy), num_resampled)
    x = np.log(curves.density)
    ways: dict[str, Callable[[Array, Array], Array]] = {
        ACCURACY: falls_below_half, "largest_cluster": falls_below_half,
        "mean_cluster": place_of_peak, "connected": falls_below_half,
    }  # fmt: skip
    found: dict[str, Landmark | Undetermined] = {}
    for name, way in ways.items():
        values = getattr(curves, name)
        mean = values.mean(axis=0)
        draws = np.vstack([mean, mean + resampled_deviations(values, shares)])
        thinned = np.array([way(x[part], mean[None, part])[0] for part in _every_second(len(x))])
        found[name] = _landmark(way(x, draws), thinned, name)
    return found


def _every_second(count: int) -> list[NDArray[np.intp]]:
    """The two halves of the points, both with the last one: the dense network."""
    return [np.unique([*range(first, count, 2), count - 1]) for first in (0, 1)]


def _landmark(places: Array, thinned: Array, name: str) -> Landmark | Undetermined:
    """From the place in the mean curve, followed by those in the resampled ones, and from those in
    the mean curve with half of its points."""
    own, draws = places[0], places[1:]
    if not np.isfinite(own):
        what = "has no maximum inside" if name == "mean_cluster" else "does not fall below half in"
        return Undetermined(f"{name} {what} the densities measured")
    if np.isnan(draws).mean() > MOST_LOST:
        return Undetermined(f"{name}: resampled replicas often have no such place")
    if np.isnan(thinned).any():
        return Undetermined(f"{name}: half of the densities are too few to show it")
    return Landmark(float(own), draws, thinned)


def falls_below_half(x: Array, curves: Array) -> Array:
    """Where curves [batch, points] over ascending x first fall below one half, coming from the
    largest x. NaN: nowhere, or already at the largest x."""
    places = first_below(x[::-1], curves[:, ::-1], HALF)
    return np.where(np.isfinite(places), places, np.nan)


def place_of_peak(x: Array, curves: Array) -> Array:
    """Where curves [batch, points] of positive values peak: the vertex of the parabola through the
    logarithms of the largest value and its two neighbours. NaN: the largest is at an end."""
    y = np.log(np.maximum(curves, 1e-12))
    top = y.argmax(axis=1)
    rows = np.flatnonzero((top > 0) & (top < y.shape[1] - 1))
    at = top[rows]
    (x0, x1, x2), (y0, y1, y2) = (
        [x[at - 1], x[at], x[at + 1]], [y[rows, at - 1], y[rows, at], y[rows, at + 1]]
    )  # fmt: skip
    left, right = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
    curvature = np.minimum((right - left) / (x2 - x0), -1e-300)
    places = np.full(len(curves), np.nan)
    places[rows] = np.clip((x0 + x1) / 2 - left / (2 * curvature), x0, x2)
    return places


def distance(
    first: Landmark | Undetermined, second: Landmark | Undetermined
) -> tuple[float, float] | Undetermined:
    """ln(density of the first / density of the second), and its error."""
    if isinstance(first, Undetermined):
        return first
    if isinstance(second, Undetermined):
        return second
    draws = first.draws - second.draws
    if np.isnan(draws).mean() > MOST_LOST:
        return Undetermined("resampled replicas often lack one of the two places")
    value = first.value - second.value
    spacing = _spacing_error(first.thinned - second.thinned - value)
    return value, float(np.hypot(half_width(draws), spacing))
