"""Numbers as a page holds them: few points, few digits."""

import math

import numpy as np
from numpy.typing import ArrayLike

MAX_POINTS = 200  # of a curve
FEWEST_POINTS = 20  # of a replica: fewer do not show its fall
DIGITS = 5


def points_per_replica(num_curves: int, numbers: int) -> int:
    """Points of each replica's curve of which ``numbers`` are enough; 0: too few to plot."""
    points = min(MAX_POINTS, numbers // max(num_curves, 1))
    return points if points >= FEWEST_POINTS else 0


def spread(count: int, most: int = MAX_POINTS) -> list[int]:
    """Indices of at most ``most`` of ``count`` points, evenly spread, the ends among them."""
    if most <= 0:
        return []
    return sorted({int(at) for at in np.linspace(0, count - 1, min(count, most)).round()})


def short(values: ArrayLike) -> list[float | None]:
    """Values with DIGITS significant digits; None for one that is not finite."""
    return [
        float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
        for value in np.asarray(values, dtype=np.float64).tolist()
    ]
