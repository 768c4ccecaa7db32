"""Uniform cubic B-splines, and how many more of them a fit takes than the data ask for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# The refits are this much more flexible than the curve they are drawn from: a curve that has
# followed the noise looks more sharply bent than it is, and would promise too small an error.
MORE_FLEXIBLE = 3


def cubic_splines(position: Array, num_splines: int) -> Array:
    """Uniform cubic B-splines [..., num_splines] at ``position`` in [0, 1]; they sum to 1."""
    distance = np.abs(position[..., None] * (num_splines - 3) - (np.arange(num_splines) - 1))
    inner = (4 - 6 * distance**2 + 3 * distance**3) / 6
    outer = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, inner, outer)
