"""Observables of each layer: counts, graph, movement of the weights."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.observables.evolution import WHOLE, evolution_metric, movement_sums
from pruning_phases.topology.clusters import clusters, clusters_of_layer
from pruning_phases.topology.degrees import bins_up_to, degrees, histogram, mean_degree
from pruning_phases.topology.graph import NetworkGraph
from pruning_phases.topology.paths import effective_counts, log_num_paths

CONNECTION = ("largest_cluster", "mean_cluster", "log_num_paths", "mean_degree")
OF_GRAPH = ("effective_density", "num_effective", *CONNECTION)  # NaN without a graph

Row = dict[str, Any]  # observable -> its value


def layer_observables(
    masks: Mapping[str, NDArray[np.bool_]],
    weights: Mapping[str, NDArray],
    earlier: Mapping[str, NDArray],
    graph: NetworkGraph | None,
    groups: Mapping[str, int] | None = None,
) -> dict[str, Row]:
    """Observables of each layer of a network, and of the whole network under the name ``all``.

    masks, weights, earlier: name -> [out, in / groups, ...]; ``earlier`` are the weights at the
    end of the previous step, for the evolution metric. Without a graph of the network, effective
    edges, clusters and paths are NaN. groups: name -> groups of a grouped convolution.

    Degrees are those of each layer's bipartite graph, summed over the layers for ``all``:
    ``in_degree_4`` counts the out-nodes into which 4 to 7 edges lead, and ``in_degree_ratio`` is
    <k^2> / <k> of all out-nodes. A random layer of these degrees has a giant cluster where the
    product of (ratio - 1) for its two sides is above 1 (Newman, Strogatz, Watts 2001, sec. IV).
    """
    effective, connections = _on_graph(graph, masks)
    bins = bins_up_to(max(max(mask[0].size, len(mask)) for mask in masks.values()))
    rows: dict[str, Row] = {}
    all_counts, all_nodes = [], []
    for name, mask in masks.items():
        movement = movement_sums(mask, weights[name], earlier[name])
        counts = np.array([mask.size, effective[name], *movement])
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


def of_replicas(networks: list[dict[str, Row]]) -> dict[str, dict[str, NDArray]]:
    """Join ``layer_observables`` of several networks: each observable is an array [R]."""
    return {
        name: {key: np.array([network[name][key] for network in networks]) for key in row}
        for name, row in networks[0].items()
    }


def _on_graph(
    graph: NetworkGraph | None, masks: Mapping[str, NDArray[np.bool_]]
) -> tuple[Mapping[str, float], dict[str, Row]]:
    """Effective edges of each layer, and the connection of each layer alone and of the network."""
    if graph is None:
        row = dict.fromkeys(CONNECTION, np.nan)
        return dict.fromkeys(masks, np.nan), dict.fromkeys([*masks, WHOLE], row)
    edges = graph.edges(masks)
    connections = {
        layer.name: _connection(
            *clusters_of_layer(layer, edges[layer.name]),
            _log(edges[layer.name].counts.sum()),
            mean_degree([edges[layer.name]], graph.num_nodes),
        )
        for layer in graph.layers
    }
    connections[WHOLE] = _connection(
        *clusters(graph, edges),
        log_num_paths(graph, edges),
        mean_degree([*edges.values()], graph.num_nodes, graph.wired),
    )
    return effective_counts(graph, edges), connections


def _row(counts: NDArray, nodes: NDArray[np.int64], bins: list[int]) -> Row:
    """Observables from counts [6] (see above) and ``_degree_sums`` of in-nodes and out-nodes."""
    size, num_effective, num_kept, *sums = counts
    row = {
        "num_weights": int(size),
        "num_kept": int(num_kept),
        "density": num_kept / size,
        "num_effective": num_effective if np.isnan(num_effective) else int(num_effective),
        "effective_density": num_effective / size,
        "evolution_metric": float(evolution_metric(num_kept, *sums)),
    }
    for side, edges, (first, second, *counted) in (
        ("in", "out", nodes[0]), ("out", "in", nodes[1])
    ):  # fmt: skip
        row[f"active_{side}"] = sum(counted[1:])
        row[f"{edges}_degree_ratio"] = second / first if first else np.nan
        row |= {f"{edges}_degree_{low}": count for low, count in zip(bins, counted, strict=True)}
    return row


def _connection(*values: float) -> Row:
    return dict(zip(CONNECTION, values, strict=True))


def _log(count: int) -> float:
    return math.log(count) if count else -math.inf


def _degree_sums(degree: NDArray[np.int64], bins: list[int]) -> NDArray[np.int64]:
    """Sum of the degrees, sum of their squares, and their histogram: [2 + bins]."""
    return np.concatenate([[degree.sum(), (degree**2).sum()], histogram(degree, bins)])
