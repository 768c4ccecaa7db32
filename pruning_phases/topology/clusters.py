"""Clusters of a pruned network: its connected components, in the terms of percolation."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

Array = NDArray[np.float64]


def clusters(graphs: Sequence[Tensor]) -> tuple[Array, Array]:
    """Fraction of the n nodes in the largest cluster, and mean size of the others, both [R].

    graphs: [R, out, in] numbers of edges between the nodes of a chain of layers, as ``node_graphs``
    gives them. Edges have no direction; an isolated node is a cluster of size 1. The fraction is
    percolation's order parameter. The mean size is sum s^2 / n over all clusters but the largest:
    the susceptibility, which peaks at the threshold (Stauffer and Aharony, Introduction to
    Percolation Theory, ch. 2 and 3).

    The cluster around the node with most edges usually holds more than half of the nodes and then
    is the largest. It is found on the device, layer by layer. The rest has few edges: scipy.
    """
    num_nodes = graphs[0].shape[2] + sum(graph.shape[1] for graph in graphs)
    reached = _around_busiest(graphs)
    size = torch.stack([part.double().sum(dim=1) for part in reached]).sum(dim=0)
    found = size > num_nodes / 2
    outside = [1 - part * found[:, None] for part in reached]
    rest = [graph * free[:, :, None] for graph, free in zip(graphs, outside[1:], strict=True)]
    sizes = _cluster_of_every_node(rest, num_nodes)  # 1 for the nodes that were found above
    inside = np.where(found.cpu().numpy(), size.cpu().numpy(), 0.0)
    largest = np.where(inside > 0, inside, sizes.max(axis=1))
    squares = sizes.sum(axis=1) - inside - np.where(inside > 0, 0.0, largest**2)
    return largest / num_nodes, squares / num_nodes


def _around_busiest(graphs: Sequence[Tensor]) -> list[Tensor]:
    """Cluster of the in-node with most edges in the last layer: per layer [R, nodes], 0 or 1."""
    reached = [torch.zeros_like(graphs[0][:, 0, :])]
    reached += [torch.zeros_like(graph[:, :, 0]) for graph in graphs]
    busiest = graphs[-1].sum(dim=1).argmax(dim=1, keepdim=True)
    reached[-2].scatter_(1, busiest, 1.0)
    size = torch.zeros(len(busiest), dtype=torch.float64, device=busiest.device)
    while True:
        for i in (*range(len(graphs) - 1, -1, -1), *range(len(graphs))):
            edges = graphs[i]
            reached[i] = _joined(reached[i], torch.bmm(reached[i + 1].unsqueeze(1), edges)[:, 0])
            reached[i + 1] = _joined(
                reached[i + 1], torch.bmm(edges, reached[i].unsqueeze(2))[:, :, 0]
            )
        grown = torch.stack([part.double().sum(dim=1) for part in reached]).sum(dim=0)
        if torch.equal(grown, size):
            return reached
        size = grown


def _joined(reached: Tensor, newly: Tensor) -> Tensor:
    return ((reached + newly) > 0).to(reached.dtype)


def _cluster_of_every_node(graphs: Sequence[Tensor], num_nodes: int) -> NDArray[np.int64]:
    """Size of each node's cluster [R, nodes]. All replicas are put into one graph."""
    num_replicas = len(graphs[0])
    ends: list[NDArray] = []
    first = 0
    for graph in graphs:
        replica, target, source = torch.nonzero(graph).cpu().numpy().T
        start = replica * num_nodes + first
        ends.append(np.stack([start + source, start + graph.shape[2] + target]))
        first += graph.shape[2]
    rows, columns = np.concatenate(ends, axis=1)
    size = num_replicas * num_nodes
    joined = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    _, labels = connected_components(joined, directed=False)
    return np.bincount(labels)[labels].reshape(num_replicas, num_nodes)
