"""Degrees of nodes.

A layer is a bipartite graph from its in-nodes (units, or pairs of channel and kernel position) to
its out-nodes (units, or channels). The number of edges is an in-node's out-degree and an out-node's
in-degree.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pruning_phases.topology.graph import Edges

Counts = NDArray[np.int64]


def degrees(mask: NDArray[np.bool_], groups: int = 1) -> tuple[Counts, Counts]:
    """Out-degrees [in-nodes] and in-degrees [out-nodes].

    mask: [out, in / groups, ...]. Each group of a layer has in-nodes of its own.
    """
    graph = mask.reshape(groups, mask.shape[0] // groups, -1)
    return graph.sum(axis=1).ravel(), graph.sum(axis=2).ravel()


def bins_up_to(largest: int) -> list[int]:
    """Lowest degree of each bin of ``histogram``: 0, 1, 2, 4, 8, ... up to ``largest``."""
    return [0, *(2**power for power in range(largest.bit_length()))]


def histogram(degree: Counts, bins: Sequence[int]) -> Counts:
    """Number of nodes with degree in [bins[i], bins[i + 1]): [nodes] -> [len(bins)]."""
    return np.bincount(np.searchsorted(bins[1:], degree, side="right"), minlength=len(bins))


def mean_degree(
    edges: Sequence[Edges], num_nodes: int, wired: NDArray[np.int64] | None = None
) -> float:
    """Mean number of edges at a node that has any: 2 E / n, NaN without an edge.

    edges: those of some layers, E of them, parallel edges counted one by one. n is the number of
    the ``num_nodes`` nodes of the network with an edge; nodes of one set of ``wired`` [num_nodes]
    count as one. Isolated edges have 1, a tree of n nodes has 2 - 2/n.
    """
    has_edge = np.zeros(num_nodes, bool)
    for sources, targets, _ in edges:
        has_edge[sources] = has_edge[targets] = True
    nodes = np.flatnonzero(has_edge)
    count = len(nodes) if wired is None else len(np.unique(wired[nodes]))
    num_edges = sum(int(one.counts.sum()) for one in edges)
    return 2 * num_edges / count if count else np.nan
