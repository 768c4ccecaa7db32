"""Compiled dropout of the sparse form: the masks of ``models/dropout.py``, bit for bit.

In: keys of streams, values of one unit. Out: values with zeros. ``streams.py`` defines the numbers.
"""

import numpy as np

from pruning_phases.compiled import compiled
from pruning_phases.ensemble.tile_kernels import TILE
from pruning_phases.stream_kernels import derive, random_bits


@compiled
def keys_of_layers(low, high, numbers):
    """Keys [layers, 2] of dropout's streams: ``derive(key of the mask, number of the layer)``."""
    keys = np.empty((len(numbers), 2), np.uint32)
    for i in range(len(numbers)):
        keys[i] = derive(low, high, numbers[i])
    return keys


@compiled
def drop(values, first, unit, low, high, width, threshold, scale):
    """``PhaseDropout`` of one unit of a layer, for examples from number ``first`` on."""
    for b in range(TILE):
        counter = np.uint32((first + b) * width + unit)
        bits = random_bits(low, high, counter) & np.uint32(0x7FFFFFFF)
        values[b] = values[b] * scale if bits >= threshold else np.float32(0.0)
