"""Clusters of a pruned network: its connected components, in the terms of percolation."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from pruning_phases.topology.graph import Layer, NetworkGraph, sums_into, sums_out_of

Array = NDArray[np.float64]
Ends = list[tuple[Layer, Tensor, Tensor]]  # a layer, and the numbers of its in-nodes and out-nodes


def clusters(graph: NetworkGraph, edges: Mapping[str, Tensor]) -> tuple[Array, Array]:
    """Fraction of the n nodes in the largest cluster, and mean size of the others, both [R].

    edges: those of ``graph.edges``. They have no direction; an isolated node is a cluster of size
    1. Nodes between which a wire runs count as one node, since no mask can separate them. The
    fraction is percolation's order parameter. The mean size is sum s^2 / n over all clusters but
    the largest: the susceptibility, which peaks at the threshold (Stauffer and Aharony,
    Introduction to Percolation Theory, ch. 2 and 3).

    The cluster around the node with most edges usually holds more than half of the nodes and then
    is the largest. It is found on the device, layer by layer. The rest has few edges: scipy.
    """
    num_nodes = int(graph.wired.max()) + 1
    device = next(iter(edges.values())).device
    numbers = torch.from_numpy(graph.wired).to(device)
    ends = [
        (layer, numbers[layer.sources.to(device)], numbers[layer.targets]) for layer in graph.layers
    ]
    reached = _around_busiest(ends, edges, num_nodes)
    size = reached.double().sum(dim=1)
    found = size > num_nodes / 2
    outside = 1 - reached * found[:, None]
    sizes = _cluster_of_every_node(ends, edges, outside)  # 1 for the nodes that were found above
    inside = np.where(found.cpu().numpy(), size.cpu().numpy(), 0.0)
    largest = np.where(inside > 0, inside, sizes.max(axis=1))
    squares = sizes.sum(axis=1) - inside - np.where(inside > 0, 0.0, largest**2)
    return largest / num_nodes, squares / num_nodes


def _around_busiest(ends: Ends, edges: Mapping[str, Tensor], num_nodes: int) -> Tensor:
    """Cluster of the in-node with most edges in the last layer: [R, nodes], 0 or 1."""
    layer, sources, _ = ends[-1]
    last = edges[layer.name]
    reached = torch.zeros(len(last), num_nodes, device=last.device)
    busiest = last.sum(dim=2).flatten(1).argmax(dim=1)
    reached.scatter_(1, sources[busiest][:, None], 1.0)
    size = torch.zeros(len(last), dtype=torch.float64, device=last.device)
    while True:
        for layer, sources, targets in (*reversed(ends), *ends):
            own = edges[layer.name]
            _join(reached, sources, sums_out_of(own, reached[:, targets]))
            _join(reached, targets, sums_into(own, reached[:, sources]))
        grown = reached.double().sum(dim=1)
        if torch.equal(grown, size):
            return reached
        size = grown


def _join(reached: Tensor, nodes: Tensor, sums: Tensor) -> None:
    """Set to 1 the nodes whose sum is above 0. A node may occur several times."""
    reached.index_add_(1, nodes, sums).clamp_(max=1.0)


def _cluster_of_every_node(
    ends: Ends, edges: Mapping[str, Tensor], outside: Tensor
) -> NDArray[np.int64]:
    """Size of each node's cluster [R, nodes], with the edges into nodes where ``outside`` is 1.

    All replicas are put into one graph.
    """
    num_replicas, num_nodes = outside.shape
    pairs: list[NDArray] = []
    for layer, sources, targets in ends:
        own = edges[layer.name]
        _, _, num_out, num_in = own.shape
        free = outside[:, targets].view(num_replicas, layer.groups, num_out, 1)
        replica, group, out, into = torch.nonzero(own * free).T
        start = replica * num_nodes
        source = start + sources[group * num_in + into]
        target = start + targets[group * num_out + out]
        pairs.append(torch.stack([source, target]).cpu().numpy())
    rows, columns = np.concatenate(pairs, axis=1)
    size = num_replicas * num_nodes
    joined = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    _, labels = connected_components(joined, directed=False)
    return np.bincount(labels)[labels].reshape(num_replicas, num_nodes)
