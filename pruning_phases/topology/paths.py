"""Which edges lie on a path from the input to the output; the rest do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class LayerGraph:
    """One layer of every replica as a bipartite graph.

    edges [R, out, in]: how many weights join two nodes (a convolution's kernel positions are
    parallel edges between two channels). For a linear layer behind a flattened convolution the
    in-nodes are that convolution's channels: its pixels are parallel edges too.
    """

    edges: Tensor

    @property
    def active_in(self) -> Tensor:
        """[R]: in-nodes with an edge in this layer."""
        return (self.edges.sum(dim=1) > 0).sum(dim=1)

    @property
    def active_out(self) -> Tensor:
        """[R]: out-nodes with an edge in this layer."""
        return (self.edges.sum(dim=2) > 0).sum(dim=1)


def layer_graphs(masks: Sequence[Tensor]) -> list[LayerGraph]:
    """The graphs of a chain of layers, from masks [R, out, in, ...] in the order of the layers."""
    graphs: list[LayerGraph] = []
    for mask in masks:
        edges = mask.float()
        edges = edges.flatten(3).sum(dim=3) if edges.dim() > 3 else edges
        num_nodes = graphs[-1].edges.shape[1] if graphs else edges.shape[2]
        if edges.shape[2] % num_nodes:
            raise ValueError(
                f"a layer of {edges.shape[2]} inputs cannot follow one of {num_nodes} outputs"
            )
        graphs.append(LayerGraph(edges.unflatten(2, (num_nodes, -1)).sum(dim=3)))
    return graphs


def effective_counts(graphs: Sequence[LayerGraph]) -> list[Tensor]:
    """Edges of each layer that lie on an input -> output path, [R] per layer.

    Such an edge starts at a node that the input reaches and ends at a node that reaches the
    output. All input and output units count as reached; biases carry nothing from the input.
    """
    reached = [torch.ones_like(graphs[0].edges[:, 0, :])]
    for graph in graphs:
        reached.append((torch.bmm(graph.edges, reached[-1].unsqueeze(2)).squeeze(2) > 0).float())
    leading = torch.ones_like(graphs[-1].edges[:, :, 0])
    counts: list[Tensor] = []
    for graph, source in zip(reversed(graphs), reversed(reached[:-1]), strict=True):
        from_source = torch.bmm(graph.edges, source.unsqueeze(2)).squeeze(2)
        counts.append((from_source * leading).double().sum(dim=1).long())
        leading = (torch.bmm(leading.unsqueeze(1), graph.edges).squeeze(1) > 0).float()
    return counts[::-1]
