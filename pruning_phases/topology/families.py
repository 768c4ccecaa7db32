"""The families of graphs that a pruned network is compared with (arXiv 2602.15224, Fig. 4;
in-degrees, out-degrees and active nodes are this project's)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.choices import Family
from pruning_phases.topology.rewire import (
    Graph,
    Swaps,
    between_active_nodes,
    random_graph,
    rewired,
    with_in_degrees,
    with_out_degrees,
)


def mask_of(
    family: Family, mask: NDArray[np.bool_], swaps_per_edge: float, generator: np.random.Generator
) -> tuple[NDArray[np.bool_], Swaps | None]:
    """One layer's mask [out, in, ...] of a family; a convolution's in-nodes are its pairs of
    channel and kernel position."""
    graph: Graph = mask.reshape(len(mask), -1)
    swaps: Swaps | None = None
    if family is Family.rewired:
        drawn, swaps = rewired(graph, swaps_per_edge, generator)
    elif family is Family.active_nodes:
        drawn, swaps = between_active_nodes(graph, swaps_per_edge, generator)
    else:
        draw: dict[Family, Callable[[], Graph]] = {
            Family.original: lambda: graph,
            Family.reinitialized: lambda: graph,
            Family.random: lambda: random_graph(graph, generator),
            Family.in_degrees: lambda: with_in_degrees(graph, generator),
            Family.out_degrees: lambda: with_out_degrees(graph, generator),
        }
        drawn = draw[family]()
    return drawn.reshape(mask.shape), swaps
