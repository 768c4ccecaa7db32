"""The surviving weights of one network as the edges of a graph.

In: a chain and the masks of one network. Out: the graph that the compiled loops read.
"""

from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pruning_phases.ensemble.chain import Chain, Geometry
from pruning_phases.ensemble.graph_kernels import edges, mark_needed


class Graph(NamedTuple):
    """Edges of one network. A weight of a convolution has an edge at every place of its map.

    Units are numbered from the first layer to the outputs. A unit is the largest of ``window``
    sums, of one without pooling.
    """

    begins: NDArray[np.int64]  # edges into sum s: begins[s] to begins[s + 1]
    sources: NDArray[np.int32]  # below each edge: an input in the first layer, later a unit
    weights: NDArray[np.int32]  # number of the surviving weight of each edge
    num_inputs: int
    num_outputs: int
    needed: NDArray[np.bool_]  # of each unit: an output depends on it
    first_unit: NDArray[np.int64]  # of each layer, and the number of units
    first_sum: NDArray[np.int64]
    first_bias: NDArray[np.int64]
    units_per_bias: NDArray[np.int64]
    window: NDArray[np.int64]


def graph_of(chain: Chain, places: list[NDArray[np.int64]]) -> tuple[Graph, NDArray[np.int64]]:
    """Return the graph, and the inputs that it looks at. Inputs are numbered as [channels, height,
    width].

    places: of each layer, the surviving weights' places in memory, in which the channels of a
    kernel are innermost.
    """
    layers = chain.layers
    first_unit = starts([layer.num_units for layer in layers])
    first_sum = starts([layer.num_units * layer.window for layer in layers])
    first_weight = starts([len(one) for one in places])
    window = np.array([layer.window for layer in layers])
    made = [_edges(layer, one) for layer, one in zip(layers, places, strict=True)]
    first_edge = starts([len(sources) for _, sources, _ in made])
    begins = np.concatenate(
        [[0], *(begin[1:] + e for (begin, *_), e in zip(made, first_edge, strict=False))]
    )
    below = np.concatenate(([0], first_unit[:-2]))  # number of the first unit that a layer looks at
    sources = np.concatenate([one + b for (_, one, _), b in zip(made, below, strict=True)])
    num_inputs = layers[0].in_channels * layers[0].in_height * layers[0].in_width
    needed_inputs, needed = np.zeros(num_inputs, bool), np.zeros(first_unit[-1], bool)
    needed[first_unit[-2] :] = True
    mark_needed(begins, sources, first_sum, first_unit, window, needed_inputs, needed)
    weights = [one + w for (*_, one), w in zip(made, first_weight, strict=False)]
    graph = Graph(
        begins.astype(np.int64), sources.astype(np.int32),
        np.concatenate(weights).astype(np.int32), num_inputs, layers[-1].channels, needed,
        first_unit, first_sum,
        starts([layer.channels for layer in layers]),
        np.array([layer.height * layer.width for layer in layers]), window,
    )  # fmt: skip
    return graph, needed_inputs.nonzero()[0]


def _edges(layer: Geometry, places: NDArray[np.int64]) -> tuple[NDArray, NDArray, NDArray]:
    in_group = layer.in_channels // layer.groups
    shape = (layer.channels, layer.kernel_height, layer.kernel_width, in_group)
    channel, row, column, in_channel = np.unravel_index(places, shape)
    begins = np.searchsorted(channel, np.arange(layer.channels + 1))
    return edges(layer, begins, in_channel, row, column)


def starts(lengths: list[int]) -> NDArray[np.int64]:
    """Return where each part begins, and where the last one ends."""
    return np.array(list(accumulate(lengths, initial=0)), np.int64)
