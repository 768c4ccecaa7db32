"""Paths from the input to the output: their number, and the edges that lie on one.

All other edges have no effect on the output.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pruning_phases.topology.graph import Edges, Layer, NetworkGraph

Array = NDArray[np.float64]


def effective_counts(graph: NetworkGraph, edges: Mapping[str, Edges]) -> dict[str, int]:
    """Number of edges of each layer on an input -> output path.

    edges: those of ``graph.edges``. Such an edge starts at a node that the input reaches and ends
    at a node that reaches the output. All input and output nodes count as reached. Biases carry no
    input.
    """
    reached = _marked(graph, graph.inputs)
    for part in graph.parts:
        if isinstance(part, Layer):
            sources, targets, _ = edges[part.name]
            reached[targets[reached[sources]]] = True
        else:
            reached[part.targets] = reached[part.one] | reached[part.other]
    leading = _marked(graph, graph.outputs)
    counts: dict[str, int] = {}
    for part in reversed(graph.parts):
        if isinstance(part, Layer):
            sources, targets, parallel = edges[part.name]
            leads = leading[targets]
            counts[part.name] = int(parallel[leads & reached[sources]].sum())
            leading[sources[leads]] = True
        else:
            for side in (part.one, part.other):
                leading[side[leading[part.targets]]] = True
    return counts


def log_num_paths(graph: NetworkGraph, edges: Mapping[str, Edges]) -> float:
    """Logarithm of the number of input -> output paths; -inf if there is none.

    The number of paths to a node is the sum over its edges and wires of that to their source, and 1
    at an input node. Parallel edges are separate paths. Only logarithms are computed, since the
    number may exceed float64.
    """
    with np.errstate(divide="ignore"):
        paths = np.log(_marked(graph, graph.inputs).astype(float))
        for part in graph.parts:
            if isinstance(part, Layer):
                sources, targets, counts = edges[part.name]
                paths[part.targets] = _log_sums(
                    paths[sources], counts, targets - part.first, part.num_out
                )
            else:
                paths[part.targets] = np.logaddexp(paths[part.one], paths[part.other])
        return float(np.logaddexp.reduce(paths[graph.outputs], initial=-np.inf))


def _log_sums(logarithms: Array, counts: NDArray[np.int64], targets: NDArray, size: int) -> Array:
    """Logarithm of the sum of counts * exp(logarithms) at each of ``size`` targets."""
    scale = logarithms.max(initial=-np.inf)
    scale = scale if np.isfinite(scale) else 0.0
    return np.log(np.bincount(targets, counts * np.exp(logarithms - scale), size)) + scale


def _marked(graph: NetworkGraph, nodes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True for some nodes, [num_nodes]."""
    marked = np.zeros(graph.num_nodes, bool)
    marked[nodes] = True
    return marked
