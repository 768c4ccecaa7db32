"""Uniform cubic B-splines."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Splines that a refit has in excess of the curve from which its data are sampled. A curve that
# follows noise is bent too sharply, and refits with as few splines would give too small an error.
MORE_FLEXIBLE = 3


def cubic_splines(position: Array, num_splines: int) -> Array:
    """Uniform cubic B-splines [..., num_splines] at ``position`` in [0, 1]; they sum to 1.

    Only the four that are not 0 at a position are computed: piece m = 0 ... num_splines - 4 and
    u in [0, 1] with position (num_splines - 3) = m + u.
    """
    scaled = position * (num_splines - 3)
    piece = np.clip(np.floor(scaled), 0, num_splines - 4)
    u = scaled - piece
    v, square = 1 - u, u * u
    cube = square * u
    first = np.arange(position.size) * num_splines + piece.ravel().astype(np.int64)
    splines = np.zeros(position.size * num_splines)
    parts = (v * v * v, 3 * cube - 6 * square + 4, 3 * (square + u - cube) + 1, cube)
    for number, values in enumerate(parts):
        splines[first + number] = (values / 6).ravel()
    return splines.reshape(*position.shape, num_splines)
