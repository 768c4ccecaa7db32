"""Families of graphs with which a pruned network is compared.

original, rewired and random are those of arXiv 2602.15224, Fig. 4; the others are this project's.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.enums import Family
from pruning_phases.topology.rewire import (
    Graph,
    Swaps,
    between_active_nodes,
    random_graph,
    rewired,
    with_in_degrees,
    with_out_degrees,
)

SAMPLED: dict[Family, Callable[[Graph, np.random.Generator], Graph]] = {
    Family.random: random_graph,
    Family.in_degrees: with_in_degrees,
    Family.out_degrees: with_out_degrees,
}
MIXED: dict[Family, Callable[[Graph, float, np.random.Generator], tuple[Graph, Swaps]]] = {
    Family.rewired: rewired,
    Family.active_nodes: between_active_nodes,
}


def mask_of(
    family: Family, mask: NDArray[np.bool_], swaps_per_edge: float, generator: np.random.Generator
) -> tuple[NDArray[np.bool_], Swaps | None]:
    """Mask of a family, made from a pruned layer's mask [out, in, ...], and how well it is mixed.

    The in-nodes of a convolution are its pairs of channel and kernel position.
    """
    graph: Graph = mask.reshape(len(mask), -1)
    swaps: Swaps | None = None
    if family in (Family.original, Family.reinitialized):
        sample = graph
    elif family in MIXED:
        sample, swaps = MIXED[family](graph, swaps_per_edge, generator)
    else:
        sample = SAMPLED[family](graph, generator)
    return sample.reshape(mask.shape), swaps
