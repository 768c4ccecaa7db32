"""Observables of each layer: counts, graph, movement of the weights."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.observables.evolution import WHOLE, evolution_metric, movement_sums
from pruning_phases.topology.clusters import clusters
from pruning_phases.topology.degrees import bins_up_to, degrees, histogram
from pruning_phases.topology.graph import NetworkGraph
from pruning_phases.topology.paths import effective_counts, log_num_paths

CONNECTION = ("largest_cluster", "mean_cluster", "log_num_paths")
OF_GRAPH = ("effective_density", "num_effective", *CONNECTION)  # NaN without a graph


def layer_observables(
    masks: dict[str, Tensor],
    weights: dict[str, Tensor],
    earlier: dict[str, Tensor],
    graph: NetworkGraph | None,
    groups: dict[str, int] | None = None,
) -> dict[str, dict[str, NDArray]]:
    """Observables of each layer, and of the whole network under the name ``all``, each [R].

    masks, weights, earlier: name -> [R, out, in / groups, ...]; ``earlier`` are the weights at the
    end of the previous step, for the evolution metric. Without a graph of the network, effective
    edges, clusters and paths are NaN. groups: name -> groups of a grouped convolution.

    Degrees are those of each layer's bipartite graph, summed over the layers for ``all``:
    ``in_degree_4`` counts the out-nodes into which 4 to 7 edges lead, and ``in_degree_ratio`` is
    <k^2> / <k> of all out-nodes. A random layer of these degrees has a giant cluster where the
    product of (ratio - 1) for its two sides is above 1 (Newman, Strogatz, Watts 2001, sec. IV).
    """
    count = len(next(iter(masks.values())))
    effective, connections = _on_graph(graph, masks)
    bins = bins_up_to(max(max(mask[0, 0].numel(), mask.shape[1]) for mask in masks.values()))
    rows: dict[str, dict[str, NDArray]] = {}
    all_counts: list[NDArray] = []
    all_nodes: list[NDArray] = []
    for name, mask in masks.items():
        size = np.full(count, mask[0].numel())
        counts = np.stack([size, effective[name], *_movement(mask, weights[name], earlier[name])])
        both = degrees(mask, (groups or {}).get(name, 1))
        nodes = np.stack([_degree_sums(degree, bins) for degree in both])
        all_counts.append(counts)
        all_nodes.append(nodes)
        rows[name] = _row(counts, nodes, bins) | connections[name]
    rows[WHOLE] = _row(np.sum(all_counts, axis=0), np.sum(all_nodes, axis=0), bins)
    rows[WHOLE] |= connections[WHOLE]
    first, *_, last = [layer.name for layer in graph.layers] * 2 if graph else [*masks] * 2
    rows[WHOLE] |= {"active_in": rows[first]["active_in"], "active_out": rows[last]["active_out"]}
    return rows


def _on_graph(
    graph: NetworkGraph | None, masks: dict[str, Tensor]
) -> tuple[dict[str, NDArray], dict[str, dict[str, NDArray]]]:
    """Effective edges of each layer, and the connection of each layer alone and of the network."""
    if graph is None:
        unknown = np.full(len(next(iter(masks.values()))), np.nan)
        row = dict.fromkeys(CONNECTION, unknown)
        return dict.fromkeys(masks, unknown), dict.fromkeys([*masks, WHOLE], row)
    edges = graph.edges(masks)
    effective = {name: _numpy(one) for name, one in effective_counts(graph, edges).items()}
    alone = {name: _connection(one, edges) for name, one in graph.single_layers.items()}
    return effective, alone | {WHOLE: _connection(graph, edges)}


def _row(counts: NDArray, nodes: NDArray, bins: list[int]) -> dict[str, NDArray]:
    """Observables from counts [6, R] (see above) and ``_degree_sums`` of in-nodes and out-nodes."""
    size, num_effective, num_kept, *sums = counts
    row = {
        "num_weights": size.astype(np.int64),
        "num_kept": num_kept.astype(np.int64),
        "density": num_kept / size,
        "num_effective": _counted(num_effective),
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


def _counted(values: NDArray) -> NDArray:
    """The same numbers as integers, unless they are unknown."""
    return values if np.isnan(values).any() else values.astype(np.int64)


def _connection(graph: NetworkGraph, edges: dict[str, Tensor]) -> dict[str, NDArray]:
    values = (*clusters(graph, edges), _numpy(log_num_paths(graph, edges)))
    return dict(zip(CONNECTION, values, strict=True))


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
