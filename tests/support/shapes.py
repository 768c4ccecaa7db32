"""Chains of layers: small ones by the shapes of their weights, and their graphs."""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.topology.graph import Edges, NetworkGraph

SHAPES = [
    [(6, 5), (4, 6), (3, 4)],
    [(4, 7)],
    [(3, 1, 2, 2), (4, 3, 2, 2), (6, 4 * 3), (2, 6)],
]


def chain_graph(shapes: list[tuple[int, ...]]) -> NetworkGraph:
    """Graph of a chain of layers named 0, 1, ...: convolutions, then linear layers."""
    kernels = [shape[2:] for shape in shapes if len(shape) > 2]
    size = [1 + sum(kernel[axis] - 1 for kernel in kernels) for axis in range(2)]
    if 0 < len(kernels) < len(shapes):  # the pixels that the first linear layer reads
        size[1] += shapes[len(kernels)][1] // shapes[len(kernels) - 1][0] - 1

    def build() -> nn.Module:
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for number, (out, into, *kernel) in enumerate(shapes):
            if not kernel:
                layers.setdefault("flatten", nn.Flatten())
            layers[str(number)] = nn.Conv2d(into, out, kernel) if kernel else nn.Linear(into, out)
        return nn.Sequential(layers)

    first = shapes[0][1]
    graph = Architecture(build, (first, *size) if kernels else (first,)).graph
    assert graph is not None
    return graph


def on_chain(
    shapes: list[tuple[int, ...]], masks: list[NDArray[np.bool_]]
) -> tuple[NetworkGraph, dict[str, Edges]]:
    """Graph and edges of a chain of layers."""
    graph = chain_graph(shapes)
    return graph, graph.edges({str(number): mask for number, mask in enumerate(masks)})
