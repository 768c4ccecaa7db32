"""Nonzero parameters of fully connected networks, counted from their masks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def nonzeros(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Number [n] of weights and biases; masks: of each layer [n, out, in], from the first one."""
    weights = sum(mask.sum(axis=(1, 2)) for mask in masks)
    biases = sum(above.any(axis=1).sum(axis=1) for above in masks[1:])
    return np.asarray(weights + biases + masks[-1].shape[1])
