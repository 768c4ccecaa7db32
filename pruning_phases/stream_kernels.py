"""Compiled random streams: the numbers of ``streams.py``, bit for bit.

In: words of a stream's key, counters. Out: bits, keys, factors of dropout.
"""

import numpy as np

from pruning_phases.compiled import compiled


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
def derive_all(low, high, first, keys):
    """Fill keys [n, 2] with those of the streams number first, first + 1, ... of one key."""
    for i in range(len(keys)):
        keys[i] = derive(low, high, np.uint32(first + i))


@compiled
def numbered_bits(low, high, mask, packed):
    """Fill packed [size] uint64 with random bits of the stream's 0th derived one at each counter,
    above the counter itself. Sorted, they are a random permutation."""
    key = derive(low, high, 0)
    for number in range(len(packed)):
        bits = random_bits(key[0], key[1], np.uint32(number)) & mask
        packed[number] = (np.uint64(bits) << np.uint64(32)) | np.uint64(number)


@compiled
def dropout_factors(low, high, layer, threshold, scale, factors):
    """Fill factors [units] of ``PhaseDropout``: 0, or ``scale`` for a unit that is kept."""
    key = derive(low, high, layer)
    for unit in range(len(factors)):
        bits = random_bits(key[0], key[1], np.uint32(unit)) & np.uint32(0x7FFFFFFF)
        factors[unit] = scale if bits >= threshold else np.float32(0.0)
