"""Degrees of the nodes of each layer.

A layer is a bipartite graph from its in-nodes (units, or pairs of channel and kernel position) to
its out-nodes (units, or channels). The number of edges is an in-node's out-degree and an out-node's
in-degree.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def degrees(mask: Tensor, groups: int = 1) -> tuple[Tensor, Tensor]:
    """Out-degrees [R, in-nodes] and in-degrees [R, out-nodes], int64.

    mask: [R, out, in / groups, ...]. Each group of a layer has in-nodes of its own.
    """
    graph = mask.flatten(2)
    out_degrees = graph.unflatten(1, (groups, -1)).sum(dim=2).flatten(1)
    return out_degrees, graph.sum(dim=2)


def bins_up_to(largest: int) -> list[int]:
    """Lowest degree of each bin of ``histogram``: 0, 1, 2, 4, 8, ... up to ``largest``."""
    return [0, *(2**power for power in range(largest.bit_length()))]


def histogram(degree: Tensor, bins: Sequence[int]) -> Tensor:
    """Number of nodes with degree in [bins[i], bins[i + 1]): [R, nodes] -> int64 [R, len(bins)]."""
    index = torch.bucketize(degree, torch.tensor(bins[1:], device=degree.device), right=True)
    counts = torch.zeros(len(degree), len(bins), dtype=torch.int64, device=degree.device)
    return counts.scatter_add_(1, index, torch.ones_like(index))
