"""Clusters of a pruned network: its connected components, in the terms of percolation."""

from collections.abc import Mapping

import numpy as np

from pruning_phases.topology.cluster_kernels import components
from pruning_phases.topology.graph import Edges, Layer, NetworkGraph, Numbers


def clusters(graph: NetworkGraph, edges: Mapping[str, Edges]) -> tuple[float, float]:
    """Fraction of the n nodes in the largest cluster, and mean size of the others.

    edges: those of ``graph.edges``. They have no direction; an isolated node is a cluster of size
    1. Nodes between which a wire runs count as one node, since no mask can separate them. The
    fraction is percolation's order parameter. The mean size is sum s^2 / n over all clusters but
    the largest: the susceptibility, which peaks at the threshold (Stauffer and Aharony,
    Introduction to Percolation Theory, ch. 2 and 3).
    """
    sources = np.concatenate([edges[layer.name].sources for layer in graph.layers])
    targets = np.concatenate([edges[layer.name].targets for layer in graph.layers])
    if graph.wired is None:
        return _clusters(sources, targets, np.arange(graph.num_nodes))
    wired = graph.wired
    return _clusters(wired[sources], wired[targets], np.arange(wired.max() + 1))


def clusters_of_layer(layer: Layer, edges: Edges) -> tuple[float, float]:
    """Return the same of a layer alone, as a bipartite graph."""
    return _clusters(edges.sources, edges.targets, layer.nodes)


def _clusters(sources: Numbers, targets: Numbers, nodes: Numbers) -> tuple[float, float]:
    """nodes: all nodes of the graph, ascending."""
    sizes = np.bincount(components(sources, targets, int(nodes[-1]) + 1)[nodes])
    largest = int(sizes.max())
    return largest / len(nodes), float((sizes**2).sum() - largest**2) / len(nodes)
