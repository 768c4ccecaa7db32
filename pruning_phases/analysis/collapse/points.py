"""Points of finite-size scaling: measured values over control and size, from any table.

In: a CSV file with the columns control, size, value and error. Out: checked points.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError, first_line

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


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


COLUMNS = ("control", "size", "value", "error")

HEADER = 1  # lines before the first point


def read_points(path: str | Path) -> Points:
    """Read the points of a CSV file with the columns control, size, value and error."""
    import pandas as pd

    where = f"table={path}"
    try:
        table = pd.read_csv(path, skipinitialspace=True, comment="#")
    except FileNotFoundError:
        raise UserError(f"{where}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{where}: not a CSV file ({first_line(error)})") from None
    table.columns = [str(name).strip() for name in table.columns]
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise UserError(
            f"{where}: no column {', '.join(missing)}; the first line names "
            f"{','.join(COLUMNS)}, and here it names {','.join(table.columns)}"
        )
    return check_points(_numbers(table[list(COLUMNS)], where), where)


def _numbers(table: pd.DataFrame, where: str) -> Points:
    import pandas as pd

    columns = []
    for name in COLUMNS:
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            raise UserError(
                f"{where}: {name} of point {bad[0] + HEADER} is {table[name].iloc[bad[0]]}: "
                "every point needs four finite numbers"
            )
        columns.append(numbers)
    return Points(*columns)


def check_points(points: Points, where: str) -> Points:
    """Return the points if finite-size scaling can use them. Raises UserError otherwise."""
    for name, values in (("error", points.error), ("size", points.size)):
        bad = np.flatnonzero(values <= 0)
        if len(bad):
            raise UserError(
                f"{where}: {name} of point {bad[0] + HEADER} is {values[bad[0]]:g}: "
                "it has to be above 0"
            )
    seen: dict[tuple[float, float], int] = {}
    for number, position in enumerate(zip(points.control, points.size, strict=True), HEADER):
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
    if len(points) < 20 or len(np.unique(points.control)) < 5:
        raise UserError(
            f"{where}: {len(points)} points at {len(np.unique(points.control))} values of the "
            "control parameter: 20 at 5 or more are needed"
        )
    return points
