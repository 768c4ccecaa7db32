"""Points of finite-size scaling: measured values over control and size.

In: points. Out: the same, if finite-size scaling can use them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError

Array = NDArray[np.float64]

FEWEST_POINTS = 20


@dataclass(frozen=True)
class Points:
    """Measured points [points]: control parameter, size, value and its standard error."""

    control: Array
    size: Array
    value: Array
    error: Array

    def where(self, chosen: NDArray) -> Points:
        return Points(
            self.control[chosen], self.size[chosen], self.value[chosen], self.error[chosen]
        )

    @property
    def sizes(self) -> Array:
        return np.unique(self.size)

    def __len__(self) -> int:
        return len(self.control)


def check_points(points: Points, where: str, numbers: NDArray[np.int64] | None = None) -> Points:
    """Return the points if finite-size scaling can use them. Raises UserError otherwise.

    numbers: those that the user knows the points by; by default 1, 2, ...
    """
    if numbers is None:
        numbers = np.arange(1, len(points) + 1)
    for name, values in (("error", points.error), ("size", points.size)):
        bad = np.flatnonzero(values <= 0)
        if len(bad):
            raise UserError(
                f"{where}: {name} of point {numbers[bad[0]]} is {values[bad[0]]:g}: "
                "it has to be above 0"
            )
    seen: dict[tuple[float, float], int] = {}
    places = zip(points.control, points.size, strict=True)
    for number, position in zip(numbers.tolist(), places, strict=True):
        if position in seen:
            raise UserError(
                f"{where}: points {seen[position]} and {number} are both at control "
                f"{position[0]:g}, size {position[1]:g}: give their mean as one point"
            )
        seen[position] = number
    if len(points.sizes) < 2:
        raise UserError(
            f"{where}: {len(points.sizes)} size: finite-size scaling compares two or more"
        )
    for small, large in pairwise(points.sizes):
        ranges = [points.control[points.size == size] for size in (small, large)]
        if max(part.min() for part in ranges) >= min(part.max() for part in ranges):
            raise UserError(
                f"{where}: sizes {small:g} and {large:g} share no range of the control parameter"
            )
    if len(points) < FEWEST_POINTS or len(np.unique(points.control)) < 5:
        raise UserError(
            f"{where}: {len(points)} points at {len(np.unique(points.control))} values of the "
            f"control parameter: {FEWEST_POINTS} at 5 or more are needed"
        )
    return points
