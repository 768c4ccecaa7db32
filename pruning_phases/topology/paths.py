"""Paths from the input to the output: their number, and the edges that lie on one.

All other edges have no effect on the output.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def node_graphs(masks: Sequence[Tensor]) -> list[Tensor]:
    """Numbers of edges between the nodes of a chain of layers, [R, out, in] per layer.

    masks: [R, out, in, ...] bool, in the order of the layers. Nodes are units and channels: a
    convolution's kernel positions are parallel edges between two channels. So are the pixels of a
    channel that a linear layer after a convolution reads.
    """
    graphs: list[Tensor] = []
    for mask in masks:
        edges = mask.flatten(2).float().unflatten(2, (mask.shape[2], -1)).sum(dim=3)
        num_nodes = graphs[-1].shape[1] if graphs else edges.shape[2]
        if edges.shape[2] % num_nodes:
            raise ValueError(
                f"a layer of {edges.shape[2]} inputs cannot follow one of {num_nodes} outputs"
            )
        graphs.append(edges.unflatten(2, (num_nodes, -1)).sum(dim=3))
    return graphs


def effective_counts(graphs: Sequence[Tensor]) -> list[Tensor]:
    """Number of edges of each layer on an input -> output path: int64 [R] per layer.

    Such an edge starts at a node that the input reaches and ends at a node that reaches the
    output. All input and output units count as reached. Biases carry no input.
    """
    reached = [torch.ones_like(graphs[0][:, 0, :])]
    for edges in graphs:
        reached.append((torch.bmm(edges, reached[-1].unsqueeze(2)).squeeze(2) > 0).float())
    leading = torch.ones_like(graphs[-1][:, :, 0])
    counts: list[Tensor] = []
    for edges, source in zip(reversed(graphs), reversed(reached[:-1]), strict=True):
        from_source = torch.bmm(edges, source.unsqueeze(2)).squeeze(2)
        counts.append((from_source * leading).double().sum(dim=1).long())
        leading = (torch.bmm(leading.unsqueeze(1), edges).squeeze(1) > 0).float()
    return counts[::-1]


def log_num_paths(graphs: Sequence[Tensor]) -> Tensor:
    """Logarithm of the number of input -> output paths, [R] float64; -inf if there is none.

    The number is 1^T G_K ... G_1 1 for the chain of ``node_graphs`` G_i; parallel edges are
    separate paths. Only its logarithm is computed, since the number may exceed float64.
    """
    paths = torch.ones_like(graphs[0][:, 0, :], dtype=torch.float64)
    logarithm = torch.zeros_like(paths[:, 0])
    for edges in graphs:
        paths = torch.bmm(edges.double(), paths.unsqueeze(2)).squeeze(2)
        largest = paths.amax(dim=1)
        logarithm += largest.log()
        paths /= torch.where(largest > 0, largest, 1.0).unsqueeze(1)
    return logarithm + paths.sum(dim=1).log()
