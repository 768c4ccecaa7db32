"""What a pruned network looks like layer by layer: counts, graph, movement of the weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.observables.evolution import WHOLE, evolution_metric, movement_sums
from pruning_phases.topology.components import largest_component
from pruning_phases.topology.paths import effective_counts, node_graphs


def layer_observables(
    masks: dict[str, Tensor], weights: dict[str, Tensor], earlier: dict[str, Tensor]
) -> dict[str, dict[str, NDArray]]:
    """Per layer, and under the name ``all`` for the whole network, observables of shape [R].

    masks, weights, earlier: name -> [R, out, in, ...]; ``earlier`` holds the weights at the end of
    the step before, for the evolution metric.
    """
    graphs = node_graphs(list(masks.values()))
    effective = effective_counts(graphs)
    rows: dict[str, dict[str, NDArray]] = {}
    whole = np.zeros((6, *next(iter(masks.values())).shape[:1]))
    for (name, mask), num_effective, graph in zip(masks.items(), effective, graphs, strict=True):
        moved = _movement_sums(mask, weights[name], earlier[name])
        counts = np.stack([num_effective.cpu().numpy(), *moved])
        size = mask[0].numel()
        rows[name] = _row(size, counts) | {
            "active_in": mask.flatten(2).any(dim=1).sum(dim=1).cpu().numpy(),
            "active_out": mask.flatten(2).any(dim=2).sum(dim=1).cpu().numpy(),
            "largest_component": largest_component([graph]),
        }
        whole += np.vstack([np.full_like(counts[:1], size), counts])
    rows[WHOLE] = _row(int(whole[0, 0]), whole[1:]) | {
        "active_in": rows[next(iter(masks))]["active_in"],
        "active_out": rows[next(reversed(masks))]["active_out"],
        "largest_component": largest_component(graphs),
    }
    return rows


def _row(size: int, counts: NDArray) -> dict[str, NDArray]:
    num_effective, num_kept, *sums = counts
    return {
        "num_weights": np.full(num_kept.shape, size, dtype=np.int64),
        "num_kept": num_kept.astype(np.int64),
        "density": num_kept / size,
        "num_effective": num_effective.astype(np.int64),
        "effective_density": num_effective / size,
        "evolution_metric": evolution_metric(num_kept, *sums),
    }


def _movement_sums(mask: Tensor, weights: Tensor, earlier: Tensor) -> NDArray:
    """[4, R] float64: n, sum w', sum w'^2, sum (w' - w)^2 over the living weights."""
    parts = (part.flatten(1).double() for part in (mask, weights, earlier))
    return np.stack([part.cpu().numpy() for part in movement_sums(*parts)])
