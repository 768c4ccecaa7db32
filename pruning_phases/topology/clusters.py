"""Clusters of a pruned network: its connected components, in the terms of percolation."""

from collections.abc import Mapping

import numpy as np

from pruning_phases.topology.cluster_kernels import components
from pruning_phases.topology.graph import Edges, NetworkGraph


def clusters(graph: NetworkGraph, edges: Mapping[str, Edges]) -> tuple[float, float]:
    """Fraction of the n nodes in the largest cluster, and mean size of the others.

    edges: those of ``graph.edges``. They have no direction; an isolated node is a cluster of size
    1. Nodes between which a wire runs count as one node, since no mask can separate them. The
    fraction is percolation's order parameter. The mean size is sum s^2 / n over all clusters but
    the largest: the susceptibility, which peaks at the threshold (Stauffer and Aharony,
    Introduction to Percolation Theory, ch. 2 and 3).
    """
    num_nodes = int(graph.wired.max()) + 1
    ends = [layer.ends(edges[layer.name]) for layer in graph.layers]
    sources, targets = (graph.wired[np.concatenate(side)] for side in zip(*ends, strict=True))
    sizes = np.bincount(components(sources, targets, num_nodes))
    largest = int(sizes.max())
    return largest / num_nodes, float((sizes**2).sum() - largest**2) / num_nodes
