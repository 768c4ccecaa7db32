"""Families of graphs with which a pruned network is compared.

original, rewired and random are those of arXiv 2602.15224, Fig. 4; the others are this project's.
"""

from collections.abc import Callable, Sequence

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
# Families that keep a property of the in-nodes.
OF_IN_NODES = {Family.rewired, Family.out_degrees, Family.active_nodes}


def mask_of(
    family: Family,
    mask: NDArray[np.bool_],
    swaps_per_edge: float,
    generator: np.random.Generator,
    groups: int = 1,
) -> tuple[NDArray[np.bool_], Swaps | None]:
    """Mask of a family, made from a pruned layer's mask [out, in / groups, ...], and its mixing.

    The in-nodes of a convolution are its pairs of channel and kernel position. Each group of a
    grouped convolution has in-nodes of its own. Where a family keeps a property of the in-nodes,
    each group is sampled by itself.
    """
    if family in (Family.original, Family.reinitialized):
        return mask, None
    parts = groups if family in OF_IN_NODES else 1
    graphs: NDArray[np.bool_] = mask.reshape(parts, len(mask) // parts, -1)
    if family in MIXED:
        mixed = [MIXED[family](graph, swaps_per_edge, generator) for graph in graphs]
        samples, swaps = [graph for graph, _ in mixed], [one for _, one in mixed]
        return np.stack(samples).reshape(mask.shape), _together(swaps, graphs.sum(axis=(1, 2)))
    samples = [SAMPLED[family](graph, generator) for graph in graphs]
    return np.stack(samples).reshape(mask.shape), None


def _together(swaps: Sequence[Swaps], num_edges: NDArray[np.int64]) -> Swaps:
    """Mixing of several groups: means over their edges, with the last overlap alone."""
    if len(swaps) == 1:
        return swaps[0]
    weights = np.maximum(num_edges, 1e-12)  # a layer without edges has a mean, too

    def mean(values: list[float]) -> float:
        return float(np.average(values, weights=weights))

    notes = [one.note for one in swaps if one.note]
    return Swaps(
        tried_per_edge=mean([one.tried_per_edge for one in swaps]),
        made_per_edge=mean([one.made_per_edge for one in swaps]),
        overlap=np.array([mean([one.overlap[-1] for one in swaps])]),
        levelled_off=all(one.levelled_off for one in swaps),
        note=f"{notes[0]} (in {len(notes)} of {len(swaps)} groups)" if notes else None,
    )
