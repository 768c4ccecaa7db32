"""The largest connected piece of a pruned network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor


def largest_component(graphs: Sequence[Tensor]) -> NDArray[np.float64]:
    """The share of all nodes that the largest connected component holds: [R], above 0, at most 1.

    graphs: [R, out, in] numbers of edges between the nodes of a chain of layers, as ``node_graphs``
    gives them; edges are taken without direction. It is the strength of the largest cluster in
    percolation, with isolated nodes counted as clusters of one.

    A component that holds more than half of the nodes is the largest, and the one around the
    busiest node usually does: it is found by spreading through the layers, on the device. What is
    left has few edges and goes to scipy.
    """
    num_nodes = graphs[0].shape[2] + sum(graph.shape[1] for graph in graphs)
    share = _around_busiest(graphs).cpu().numpy() / num_nodes
    rest = np.flatnonzero(share <= 0.5)
    if len(rest):
        rows = torch.as_tensor(rest, device=graphs[0].device)
        share[rest] = _by_scipy([graph[rows] for graph in graphs], num_nodes) / num_nodes
    return share


def _around_busiest(graphs: Sequence[Tensor]) -> Tensor:
    """[R] float64: the size of the component of the in-node with most edges in the last layer."""
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
            return size
        size = grown


def _joined(reached: Tensor, newly: Tensor) -> Tensor:
    return ((reached + newly) > 0).to(reached.dtype)


def _by_scipy(graphs: Sequence[Tensor], num_nodes: int) -> NDArray[np.int64]:
    """[R]: the nodes of the largest component, for all replicas in one graph."""
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
    sizes = np.bincount(labels)
    return sizes[labels].reshape(num_replicas, num_nodes).max(axis=1)
