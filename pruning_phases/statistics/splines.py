"""Uniform cubic B-splines."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Splines that a refit has in excess of the curve from which its data are sampled. A curve that
# follows noise is bent too sharply, and refits with as few splines would give too small an error.
MORE_FLEXIBLE = 3


def cubic_splines(position: Array, num_splines: int) -> Array:
    """Uniform cubic B-splines [..., num_splines] at ``position`` in [0, 1]; they sum to 1."""
    distance = np.abs(position[..., None] * (num_splines - 3) - (np.arange(num_splines) - 1))
    inner = (4 - 6 * distance**2 + 3 * distance**3) / 6
    outer = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, inner, outer)
