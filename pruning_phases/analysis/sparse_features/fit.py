"""Numbers of examples at which a median reaches a threshold, and their slopes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    points: list[Needed]
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
    its error; a reason if it does not, or not in more than 16% of the bootstrap samples."""
    generator = np.random.default_rng(config.seed)
    count = len(values)
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
    return best, best * float(at[1:][known].std(ddof=1))


def slopes(points: Sequence[Needed]) -> list[Slope]:
    """Slopes over s at each d, then over d where s is d^(1/4), of three points or more."""
    ways: list[tuple[str, Callable[[Curves], int | None]]] = [
        ("num_relevant", lambda one: one.num_inputs),
        ("num_inputs", lambda one: None if one.num_relevant == fourth_root(one.num_inputs) else -1),
    ]
    found = []
    for over, at in ways:
        groups = dict.fromkeys((p.curves.inputs, p.curves.exponent, at(p.curves)) for p in points)
        for key in groups:
            own = [p for p in points if (p.curves.inputs, p.curves.exponent, at(p.curves)) == key]
            if key[2] == -1:
                continue
            for of in ("support", "risk"):
                found += _slope(own, over, of, key[2])
    return found


def fourth_root(num_inputs: int) -> int:
    """d^(1/4), rounded up."""
    return math.ceil(round(num_inputs**0.25, 9))


def _slope(points: Sequence[Needed], over: str, of: str, num_inputs: int | None) -> list[Slope]:
    known = [
        (p, value) for p in points if not isinstance(value := getattr(p, of), str) and value[1] > 0
    ]
    x = np.log([getattr(p.curves, over) for p, _ in known])
    if len(set(x.tolist())) < FEWEST_POINTS:
        return []
    size, error = np.array([value for _, value in known]).T
    slope = weighted_line(x, np.log(size), error / size)[1]
    one = known[0][0].curves
    return [Slope(one.inputs, over, of, one.exponent, num_inputs, [p for p, _ in known], slope)]
