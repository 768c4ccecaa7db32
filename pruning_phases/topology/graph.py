"""Graph of a feed-forward network: its nodes, its layers and the joins between them.

``trace.py`` makes it. It is fixed during a run; a mask decides which edges of a layer exist. Nodes
are units and channels, in topological order. A convolution's kernel positions are parallel edges
between two channels. So are the pixels of a channel that a linear layer reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from math import gcd

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

CONSTANT = -1  # source of an edge that carries no input, such as a channel of zeros


@dataclass(frozen=True, eq=False)
class Layer:
    """Edges that a mask can prune, from in-nodes to ``num_out`` nodes that start at ``first``.

    Group g of a grouped layer connects the g-th parts of in-nodes and out-nodes. An in-node stands
    for ``inputs_per_node`` consecutive inputs of the layer. A node may be several in-nodes.
    """

    name: str
    sources: Tensor  # [in-nodes] int64: a node, or CONSTANT
    groups: int
    inputs_per_node: int
    first: int
    num_out: int

    @classmethod
    def of_inputs(cls, name: str, inputs: Tensor, groups: int, first: int, num_out: int) -> "Layer":
        """Build a layer from the node that each of its inputs belongs to."""
        per_node = _largest_block(inputs) if groups == 1 else 1
        return cls(name, inputs[::per_node].clone(), groups, per_node, first, num_out)

    @property
    def targets(self) -> slice:
        return slice(self.first, self.first + self.num_out)

    def edges(self, mask: Tensor) -> Tensor:
        """Numbers of parallel edges, [R, out, in / groups, ...] -> [R, groups, out, in] float32.

        The last two axes count the out-nodes and in-nodes of a group. Edges from a constant are 0.
        """
        counts = mask.float()
        if mask.dim() > 3:
            counts = counts.flatten(3).sum(dim=3)
        if self.inputs_per_node > 1:
            counts = counts.unflatten(2, (-1, self.inputs_per_node)).sum(dim=3)
        counts = counts.unflatten(1, (self.groups, -1))
        if bool((self.sources == CONSTANT).any()):
            carries = (self.sources != CONSTANT).view(self.groups, 1, -1)
            counts = counts * carries.to(counts.device)
        return counts


@dataclass(frozen=True, eq=False)
class Join:
    """Wires that no mask can prune, from two nodes each to the nodes that start at ``first``."""

    one: Tensor  # [nodes] int64
    other: Tensor  # [nodes] int64
    first: int

    @property
    def targets(self) -> slice:
        return slice(self.first, self.first + len(self.one))


@dataclass(frozen=True, eq=False)
class NetworkGraph:
    """Nodes 0 ... num_nodes - 1 and the parts that lead from node to node, sources first."""

    num_nodes: int
    inputs: Tensor  # int64, distinct
    outputs: Tensor  # int64, distinct
    parts: tuple[Layer | Join, ...]

    @property
    def layers(self) -> list[Layer]:
        return [part for part in self.parts if isinstance(part, Layer)]

    def edges(self, masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Numbers of edges of each layer, from the masks [R, out, in, ...] by layer name."""
        return {layer.name: layer.edges(masks[layer.name]) for layer in self.layers}

    @cached_property
    def single_layers(self) -> dict[str, "NetworkGraph"]:
        """Bipartite graph of each layer alone."""
        return {layer.name: _alone(layer) for layer in self.layers}

    @cached_property
    def wired(self) -> NDArray[np.int64]:
        """Number of each node's set of nodes that wires connect, [num_nodes]."""
        joins = [part for part in self.parts if isinstance(part, Join)]
        nodes = np.arange(self.num_nodes)
        ends = [(side.numpy(), nodes[j.targets]) for j in joins for side in (j.one, j.other)]
        if not ends:
            return nodes
        rows, columns = (np.concatenate(side) for side in zip(*ends, strict=True))
        shape = (self.num_nodes, self.num_nodes)
        wires = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=shape)
        return connected_components(wires, directed=False)[1].astype(np.int64)


def sums_into(edges: Tensor, sources: Tensor) -> Tensor:
    """Sum of the in-nodes' values over the edges into each out-node: [R, in] -> [R, out].

    edges: [R, groups, out, in] as of ``Layer.edges``.
    """
    num_replicas, groups, _, per_group = edges.shape
    values = sources.reshape(num_replicas * groups, per_group, 1)
    return torch.bmm(edges.flatten(0, 1), values).view(num_replicas, -1)


def sums_out_of(edges: Tensor, targets: Tensor) -> Tensor:
    """Sum of the out-nodes' values over the edges out of each in-node: [R, out] -> [R, in]."""
    num_replicas, groups, per_group, _ = edges.shape
    values = targets.reshape(num_replicas * groups, 1, per_group)
    return torch.bmm(values, edges.flatten(0, 1)).view(num_replicas, -1)


def _alone(layer: Layer) -> NetworkGraph:
    nodes, sources = layer.sources.unique(return_inverse=True)
    constants = int((nodes == CONSTANT).sum())  # the lowest number, if it is there
    count = len(nodes) - constants
    alone = Layer(
        layer.name, sources - constants, layer.groups, layer.inputs_per_node, count, layer.num_out
    )
    outputs = torch.arange(count, count + layer.num_out)
    return NetworkGraph(count + layer.num_out, torch.arange(count), outputs, (alone,))


def _largest_block(inputs: Tensor) -> int:
    """Largest k for which each k consecutive inputs belong to one node."""
    changes = torch.nonzero(inputs[1:] != inputs[:-1]).flatten() + 1
    return reduce(gcd, changes.tolist(), len(inputs))
