"""Compiled dropout of the sparse form: the masks of ``models/dropout.py``, bit for bit.

In: keys of streams, values of one unit. Out: values with zeros. ``streams.py`` defines the numbers.
"""

import numpy as np

from pruning_phases.compiled import compiled
from pruning_phases.ensemble.tile_kernels import TILE


@compiled
def mix(x):
    """``streams._mix`` on uint32."""
    x = np.uint32(x ^ (x >> np.uint32(16)))
    x = np.uint32(x * np.uint32(0x21F0AAAD))
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * np.uint32(0x735A2D97))
    return np.uint32(x ^ (x >> np.uint32(15)))


@compiled
def random_bits(low, high, counter):
    """``streams.random_bits`` of one key and one counter, on uint32."""
    return mix(np.uint32(mix(np.uint32(counter ^ low)) + high))


@compiled
def derive(low, high, number):
    """``streams.derive`` of one key, on uint32."""
    counter = np.uint32(number * 2)
    key = np.empty(2, np.uint32)
    key[0] = random_bits(low, high, counter)
    key[1] = random_bits(low, high, np.uint32(counter + np.uint32(1)))
    return key


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
