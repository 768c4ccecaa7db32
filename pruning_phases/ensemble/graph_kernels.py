"""Compiled loops that list the edges of a network: which unit looks at which, by which weight.

In: the geometry of a layer and its surviving weights. Out: edges in the order of the sums.
"""

import numpy as np

from pruning_phases.compiled import compiled


@compiled
def edges(geometry, begins_of_channels, channels, rows, columns):
    """Edges of one layer: begins [sums + 1], sources, weights.

    Edges into sum s are begins[s] to begins[s + 1]; sums are in the order of the units, and within
    a unit of its window. begins_of_channels: where the weights of each channel begin. channels,
    rows, columns: place of each weight in its kernel. sources: numbers in the map below; weights:
    numbers of the surviving weights.
    """
    window = geometry.pool_height * geometry.pool_width
    num_sums = geometry.channels * geometry.height * geometry.width * window
    begins = np.zeros(num_sums + 1, np.int64)
    sources, weights = np.empty(0, np.int32), np.empty(0, np.int32)
    for pass_ in range(2):  # the first counts
        n, s = 0, 0
        for channel in range(geometry.channels):
            group = channel // (geometry.channels // geometry.groups)
            first = group * (geometry.in_channels // geometry.groups)
            for unit in range(geometry.height * geometry.width):
                for place in range(window):
                    y, x = unit // geometry.width, unit % geometry.width
                    y = y * geometry.pool_height + place // geometry.pool_width
                    x = x * geometry.pool_width + place % geometry.pool_width
                    y = y * geometry.stride_height - geometry.padding_height
                    x = x * geometry.stride_width - geometry.padding_width
                    for k in range(begins_of_channels[channel], begins_of_channels[channel + 1]):
                        row = y + rows[k] * geometry.dilation_height
                        column = x + columns[k] * geometry.dilation_width
                        inside = 0 <= row < geometry.in_height and 0 <= column < geometry.in_width
                        if inside and pass_ == 1:
                            map_ = (first + channels[k]) * geometry.in_height
                            sources[n] = (map_ + row) * geometry.in_width + column
                            weights[n] = k
                        n += inside
                    s += 1
                    begins[s] = n
        if pass_ == 0:
            sources, weights = np.empty(n, np.int32), np.empty(n, np.int32)
    return begins, sources, weights


@compiled
def mark_needed(begins, sources, first_sum, first_unit, window, needed_inputs, needed):
    """Mark the inputs and units on whose value an output depends.

    needed: [units], True for the outputs. sources: inputs in the first layer, later units.
    """
    for layer in range(len(window) - 1, -1, -1):
        below = needed if layer > 0 else needed_inputs
        for u in range(first_unit[layer + 1] - 1, first_unit[layer] - 1, -1):
            if needed[u]:
                s = first_sum[layer] + (u - first_unit[layer]) * window[layer]
                for k in range(begins[s], begins[s + window[layer]]):
                    below[sources[k]] = True
