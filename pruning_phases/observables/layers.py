"""Observables of each layer: counts, graph, movement of the weights."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.observables.evolution import WHOLE, evolution_metric, movement_sums
from pruning_phases.topology.clusters import clusters
from pruning_phases.topology.degrees import bins_up_to, degrees, histogram
from pruning_phases.topology.paths import effective_counts, log_num_paths, node_graphs


def layer_observables(
    masks: dict[str, Tensor], weights: dict[str, Tensor], earlier: dict[str, Tensor]
) -> dict[str, dict[str, NDArray]]:
    """Observables of each layer, and of the whole network under the name ``all``, each [R].

    masks, weights, earlier: name -> [R, out, in, ...]; ``earlier`` are the weights at the end of
    the previous step, for the evolution metric.

    Degrees are those of each layer's bipartite graph, summed over the layers for ``all``:
    ``in_degree_4`` counts the out-nodes into which 4 to 7 edges lead, and ``in_degree_ratio`` is
    <k^2> / <k> of all out-nodes. A random layer of these degrees has a giant cluster where the
    product of (ratio - 1) for its two sides is above 1 (Newman, Strogatz, Watts 2001, sec. IV).
    """
    graphs = node_graphs(list(masks.values()))
    effective = effective_counts(graphs)
    bins = bins_up_to(max(max(mask[0, 0].numel(), mask.shape[1]) for mask in masks.values()))
    rows: dict[str, dict[str, NDArray]] = {}
    all_counts: list[NDArray] = []
    all_nodes: list[NDArray] = []
    for (name, mask), num_effective, graph in zip(masks.items(), effective, graphs, strict=True):
        size = np.full(len(mask), mask[0].numel())
        counts = np.stack(
            [size, _numpy(num_effective), *_movement(mask, weights[name], earlier[name])]
        )
        nodes = np.stack([_degree_sums(degree, bins) for degree in degrees(mask)])
        all_counts.append(counts)
        all_nodes.append(nodes)
        rows[name] = _row(counts, nodes, bins) | _connection([graph])
    rows[WHOLE] = _row(np.sum(all_counts, axis=0), np.sum(all_nodes, axis=0), bins)
    rows[WHOLE] |= _connection(graphs)
    first, last = rows[next(iter(masks))], rows[next(reversed(masks))]
    rows[WHOLE] |= {"active_in": first["active_in"], "active_out": last["active_out"]}
    return rows


def _row(counts: NDArray, nodes: NDArray, bins: list[int]) -> dict[str, NDArray]:
    """Observables from counts [6, R] (see above) and ``_degree_sums`` of in-nodes and out-nodes."""
    size, num_effective, num_kept, *sums = counts
    row = {
        "num_weights": size.astype(np.int64),
        "num_kept": num_kept.astype(np.int64),
        "density": num_kept / size,
        "num_effective": num_effective.astype(np.int64),
        "effective_density": num_effective / size,
        "evolution_metric": evolution_metric(num_kept, *sums),
    }
    for side, edges, (first, second, *counted) in (
        ("in", "out", nodes[0]), ("out", "in", nodes[1])
    ):  # fmt: skip
        row[f"active_{side}"] = np.sum(counted[1:], axis=0)
        with np.errstate(invalid="ignore"):
            row[f"{edges}_degree_ratio"] = second / first
        row |= {f"{edges}_degree_{low}": count for low, count in zip(bins, counted, strict=True)}
    return row


def _connection(graphs: list[Tensor]) -> dict[str, NDArray]:
    largest, mean_size = clusters(graphs)
    return {
        "largest_cluster": largest,
        "mean_cluster": mean_size,
        "log_num_paths": _numpy(log_num_paths(graphs)),
    }


def _degree_sums(degree: Tensor, bins: list[int]) -> NDArray[np.int64]:
    """Sum of the degrees, sum of their squares, and their histogram: [2 + bins, R]."""
    return np.vstack(
        [
            _numpy(degree.sum(dim=1)),
            _numpy((degree**2).sum(dim=1)),
            _numpy(histogram(degree, bins)).T,
        ]
    )


def _movement(mask: Tensor, weights: Tensor, earlier: Tensor) -> list[NDArray]:
    """``movement_sums`` over the surviving weights: four arrays [R] float64."""
    parts = (part.flatten(1).double() for part in (mask, weights, earlier))
    return [_numpy(part) for part in movement_sums(*parts)]


def _numpy(tensor: Tensor) -> NDArray:
    return tensor.cpu().numpy()
