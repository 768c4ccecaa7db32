"""Graph of a feed-forward network: its nodes, its layers and the joins between them.

``trace.py`` makes it. It is fixed during a run; a mask decides which edges of a layer exist. Nodes
are units and channels, in topological order. A convolution's kernel positions are parallel edges
between two channels. So are the pixels of a channel that a linear layer reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pruning_phases.topology.cluster_kernels import components

CONSTANT = -1  # source of an edge that carries no input, such as a channel of zeros

Numbers = NDArray[np.int64]


class Edges(NamedTuple):
    """Edges of one network's layer: from node to node, and how many parallel ones each stands
    for."""

    sources: Numbers
    targets: Numbers
    counts: Numbers


@dataclass(frozen=True, eq=False)
class Layer:
    """Edges that a mask can prune, from in-nodes to ``num_out`` nodes that start at ``first``.

    Group g of a grouped layer connects the g-th parts of in-nodes and out-nodes. An in-node stands
    for one or several consecutive inputs of the layer. A node may be several in-nodes.
    """

    name: str
    sources: Numbers  # [in-nodes]: a node, or CONSTANT
    groups: int
    first: int
    num_out: int

    @classmethod
    def of_inputs(
        cls, name: str, inputs: Numbers, groups: int, first: int, num_out: int
    ) -> "Layer":
        """Build a layer from the node that each of its inputs belongs to."""
        per_node = _largest_block(inputs) if groups == 1 else 1
        return cls(name, inputs[::per_node].copy(), groups, first, num_out)

    @property
    def targets(self) -> slice:
        return slice(self.first, self.first + self.num_out)

    def edges(self, mask: NDArray[np.bool_]) -> Edges:
        """Edges of one network, from its mask [out, in / groups, ...]. Those from a constant are
        none."""
        nodes = len(self.sources) // self.groups
        pairs = mask.ravel().nonzero()[0] // (mask[0].size // nodes)
        counts = np.ones_like(pairs)
        if mask[0].size > nodes:
            pairs, counts = np.unique(pairs, return_counts=True)
        out, into = np.divmod(pairs, nodes)
        if self.groups > 1:
            into += out // (self.num_out // self.groups) * nodes
        sources, targets = self.sources[into], out + self.first
        if CONSTANT in self.sources:
            carries = sources != CONSTANT
            return Edges(sources[carries], targets[carries], counts[carries])
        return Edges(sources, targets, counts)

    @cached_property
    def nodes(self) -> Numbers:
        """All nodes that an edge can connect."""
        ends = np.concatenate([self.sources, np.arange(self.first, self.first + self.num_out)])
        return np.unique(ends[ends != CONSTANT])


@dataclass(frozen=True, eq=False)
class Join:
    """Wires that no mask can prune, from two nodes each to the nodes that start at ``first``."""

    one: Numbers  # [nodes]
    other: Numbers  # [nodes]
    first: int

    @property
    def targets(self) -> slice:
        return slice(self.first, self.first + len(self.one))


@dataclass(frozen=True, eq=False)
class NetworkGraph:
    """Nodes 0 ... num_nodes - 1 and the parts that lead from node to node, sources first."""

    num_nodes: int
    inputs: Numbers  # distinct
    outputs: Numbers  # distinct
    parts: tuple[Layer | Join, ...]

    @property
    def layers(self) -> list[Layer]:
        return [part for part in self.parts if isinstance(part, Layer)]

    def edges(self, masks: Mapping[str, NDArray[np.bool_]]) -> dict[str, Edges]:
        """Edges of one network, from its masks [out, in, ...] by layer name."""
        return {layer.name: layer.edges(masks[layer.name]) for layer in self.layers}

    @cached_property
    def wired(self) -> Numbers | None:
        """Number of each node's set of nodes that wires connect, [num_nodes]; None without any."""
        joins = [part for part in self.parts if isinstance(part, Join)]
        nodes = np.arange(self.num_nodes)
        ends = [(side, nodes[j.targets]) for j in joins for side in (j.one, j.other)]
        if not ends:
            return None
        sources, targets = (np.concatenate(side) for side in zip(*ends, strict=True))
        firsts = components(sources, targets, self.num_nodes)
        return np.unique(firsts, return_inverse=True)[1]


def _largest_block(inputs: Numbers) -> int:
    """Largest k for which each k consecutive inputs belong to one node."""
    changes = np.nonzero(inputs[1:] != inputs[:-1])[0] + 1
    return reduce(gcd, changes.tolist(), len(inputs))
