"""Degrees of the nodes of each layer.

A layer is a bipartite graph from its in-nodes (units, or pairs of channel and kernel position) to
its out-nodes (units, or channels). The number of edges is an in-node's out-degree and an out-node's
in-degree.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def degrees(mask: NDArray[np.bool_], groups: int = 1) -> tuple[Counts, Counts]:
    """Out-degrees [in-nodes] and in-degrees [out-nodes].

    mask: [out, in / groups, ...]. Each group of a layer has in-nodes of its own.
    """
    graph = mask.reshape(groups, mask.shape[0] // groups, -1)
    return graph.sum(axis=1).ravel(), graph.sum(axis=2).ravel()


def bins_up_to(largest: int) -> list[int]:
    """Lowest degree of each bin of ``histogram``: 0, 1, 2, 4, 8, ... up to ``largest``."""
    return [0, *(2**power for power in range(largest.bit_length()))]


def histogram(degree: Counts, bins: Sequence[int]) -> Counts:
    """Number of nodes with degree in [bins[i], bins[i + 1]): [nodes] -> [len(bins)]."""
    return np.bincount(np.searchsorted(bins[1:], degree, side="right"), minlength=len(bins))
