"""Graphs of networks that are no chains, against graphs drawn by hand for networkx."""

import math

import networkx as nx
import numpy as np
import pytest

from pruning_phases.observables.layers import WHOLE, layer_observables, of_replicas
from tests.support.graphs_by_hand import CASES, ByHand
from tests.support.slow_cases import slow


def random_masks(layers, density, seed, num_replicas=2):
    rng = np.random.default_rng(seed)
    return {name: rng.random((num_replicas, *shape)) < density for name, shape in layers.items()}


def measured(architecture, masks):
    def of_network(r):
        own = {name: mask[r] for name, mask in masks.items()}
        return layer_observables(own, own, own, architecture.graph, architecture.groups)

    return of_replicas([of_network(r) for r in range(2)])


def log(number):
    return math.log(number) if number else -math.inf


@pytest.mark.parametrize("density", [1.0, 0.2, 0.0, *slow(0.5, 0.08, 0.03)])
@pytest.mark.parametrize("name", CASES)
def test_paths_and_clusters_equal_those_of_the_graph_drawn_by_hand(name, density):
    case = CASES[name]
    architecture = case.architecture()
    assert architecture.graph_status == "traced"
    masks = random_masks(architecture.layers, density, seed=int(100 * density))
    rows = measured(architecture, masks)
    for r in range(2):
        hand = ByHand({layer: mask[r] for layer, mask in masks.items()})
        outputs = case.draw(hand)
        effective = hand.effective(outputs)
        assert {layer: rows[layer]["num_effective"][r] for layer in masks} == effective
        assert rows[WHOLE]["num_effective"][r] == sum(effective.values())
        found = {key: value[r] for key, value in rows[WHOLE].items()}
        assert found["log_num_paths"] == pytest.approx(log(hand.num_paths(outputs)), rel=1e-12)
        largest, mean_size = hand.clusters()
        assert found["largest_cluster"] == pytest.approx(largest)
        assert found["mean_cluster"] == pytest.approx(mean_size)
        assert found["mean_degree"] == pytest.approx(hand.mean_degree(), nan_ok=True)
        for layer in masks:
            pair = [rows[layer][key][r] for key in ("largest_cluster", "mean_cluster")]
            assert pair == pytest.approx(hand.clusters_of(layer))
            edges = sum(of == layer for *_, of in hand.graph.edges(data="layer"))
            assert rows[layer]["log_num_paths"][r] == pytest.approx(log(edges))


@pytest.mark.parametrize("density", [0.8, 0.3])
def test_degrees_of_a_grouped_convolution_equal_networkx(density):
    architecture = CASES["grouped"].architecture()
    masks = random_masks(architecture.layers, density, seed=1)
    rows = measured(architecture, masks)
    for name, groups in {"grouped": 4, "depthwise": 12}.items():
        for r, mask in enumerate(masks[name]):
            graph = nx.DiGraph()
            num_out, num_in = mask.shape[:2]
            graph.add_nodes_from(("out", out) for out in range(num_out))
            graph.add_nodes_from(
                ("in", channel, *kernel)
                for channel in range(groups * num_in)
                for kernel in np.ndindex(mask.shape[2:])
            )
            for out, into, *kernel in np.argwhere(mask):
                channel = out // (num_out // groups) * num_in + into
                graph.add_edge(("in", channel, *kernel), ("out", out))
            for side, degree in (("in", graph.out_degree), ("out", graph.in_degree)):
                own = np.array([degree[node] for node in graph if node[0] == side])
                other = {"in": "out", "out": "in"}[side]
                assert rows[name][f"active_{side}"][r] == (own > 0).sum()
                assert rows[name][f"{other}_degree_0"][r] == (own == 0).sum()
                ratio = rows[name][f"{other}_degree_ratio"][r]
                assert ratio == pytest.approx((own**2).sum() / own.sum())
