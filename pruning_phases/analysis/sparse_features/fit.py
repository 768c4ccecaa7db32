"""Numbers of examples at which a median reaches a threshold, and their slopes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.sparse_features.config import SparseFeaturesConfig
from pruning_phases.analysis.sparse_features.read import Curves
from pruning_phases.config.enums import Inputs
from pruning_phases.statistics.estimates import first_below
from pruning_phases.statistics.least_squares import weighted_line
from pruning_phases.statistics.resampling import MOST_LOST

Array = NDArray[np.float64]
Pair = tuple[float, float]
FEWEST_POINTS = 3  # of a slope
NAMES = {"num_relevant": "relevant inputs s", "num_inputs": "inputs d"}  # that slopes are over


@dataclass(frozen=True)
class Needed:
    """n* of one system with its error, or why it is not determined, for support and risk."""

    curves: Curves
    support: Pair | str
    risk: Pair | str


@dataclass(frozen=True)
class Slope:
    """Slope of ln n* for one kind of inputs, over s or d."""

    inputs: str
    over: str  # num_relevant or num_inputs
    of: str  # support or risk
    exponent: int
    num_inputs: int | None  # of all points of a slope over s
    points: list[int]  # numbers of the points
    slope: Pair


def needed(curves: Curves, config: SparseFeaturesConfig) -> Needed:
    """Find n* of one system. Where all relevant inputs are kept anyway, there is none to find."""
    found: Pair | str = "no inputs are searched"
    if curves.inputs == Inputs.found.name:
        found = least_size(curves.sizes, -curves.support, -config.support, config)
    return Needed(curves, found, least_size(curves.sizes, curves.risk, config.risk, config))


def least_size(
    sizes: Array, values: Array, threshold: float, config: SparseFeaturesConfig
) -> Pair | str:
    """Number of examples at which the median of values [replicas, sizes] falls to a threshold, and
    its error; a reason if it does not, or not in more than 16% of the bootstrap samples.

    The error holds the scatter of bootstrap samples of the replicas, and the spacing of the sizes.
    """
    count = len(values)
    if count < 2:
        return "one replica has no error"
    generator = np.random.default_rng(config.seed)
    chosen = generator.integers(count, size=(config.num_resampled, count))
    medians = np.vstack([np.median(values, axis=0), np.median(values[chosen], axis=1)])
    # A median equal to the threshold has reached it.
    at = first_below(np.log(sizes), medians - 1e-12, threshold)
    known = np.isfinite(at[1:])
    if np.isnan(at[0]):
        return f"below {sizes[0]:g}"
    if np.isinf(at[0]):
        return f"above {sizes[-1]:g}"
    if (~known).mean() > MOST_LOST:
        return "too near an end of the sizes"
    best = math.exp(at[0])
    place = int(np.searchsorted(sizes, best))
    spacing = math.log(sizes[place] / sizes[place - 1]) / math.sqrt(12)
    scatter = float(at[1:][known].std(ddof=1)) * math.sqrt(count / (count - 1))
    return best, best * math.hypot(scatter, spacing)


def slopes(points: Sequence[Needed]) -> list[Slope]:
    """Slopes over s at each d, then over d where s is d^(1/4), of three points or more."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, point in enumerate(points):
        one = point.curves
        groups.setdefault(("num_relevant", one.inputs, one.others, one.num_inputs), []).append(
            index
        )
        if one.num_relevant == fourth_root(one.num_inputs):
            groups.setdefault(("num_inputs", one.inputs, one.others, None), []).append(index)
    return [
        slope
        for (over, _, _, num_inputs), own in groups.items()
        for of in ("support", "risk")
        if (slope := _slope(points, own, over, of, num_inputs)) is not None
    ]


def fourth_root(num_inputs: int) -> int:
    """d^(1/4), rounded up."""
    return math.ceil(round(num_inputs**0.25, 9))


def _slope(
    points: Sequence[Needed], chosen: list[int], over: str, of: str, num_inputs: int | None
) -> Slope | None:
    known = [index for index in chosen if not isinstance(getattr(points[index], of), str)]
    x = np.log([getattr(points[index].curves, over) for index in known])
    if len(set(x.tolist())) < FEWEST_POINTS:
        return None
    size, error = np.array([getattr(points[index], of) for index in known]).T
    slope = weighted_line(x, np.log(size), error / size)[1]
    one = points[known[0]].curves
    return Slope(one.inputs, over, of, one.exponent, num_inputs, known, slope)
