"""Effective density against networkx, on random masks of dense and convolutional chains."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.observables.layers import WHOLE, layer_observables
from pruning_phases.topology.components import largest_component
from pruning_phases.topology.paths import effective_counts, node_graphs


def by_networkx(masks: list[np.ndarray]) -> list[int]:
    """Edges on an input -> output path, found on the explicit graph of channels and units."""
    graph = nx.MultiDiGraph()
    num_nodes = masks[0].shape[1]
    sources = [("0", i) for i in range(num_nodes)]
    graph.add_nodes_from(sources)
    for number, mask in enumerate(masks):
        per_node = mask.shape[1] // num_nodes
        for index in np.argwhere(mask):
            graph.add_edge(
                (str(number), index[1] // per_node), (str(number + 1), index[0]), layer=number
            )
        num_nodes = mask.shape[0]
    sinks = [(str(len(masks)), i) for i in range(num_nodes)]
    graph.add_nodes_from(sinks)
    down = set(sources).union(*(nx.descendants(graph, node) for node in sources))
    up = set(sinks).union(*(nx.ancestors(graph, node) for node in sinks))
    counts = [0] * len(masks)
    for a, b, layer in graph.edges(data="layer"):
        counts[layer] += a in down and b in up
    return counts


SHAPES = [
    [(6, 5), (4, 6), (3, 4)],
    [(4, 7)],
    [(3, 1, 2, 2), (4, 3, 2, 2), (6, 4 * 3), (2, 6)],
]


@settings(max_examples=120, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_effective_edges_equal_networkx(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random((2, *shape)) < density for shape in shapes]
    ours = effective_counts(node_graphs([torch.from_numpy(mask) for mask in masks]))
    for r in range(2):
        assert [int(count[r]) for count in ours] == by_networkx([mask[r] for mask in masks])


@settings(max_examples=120, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 0.7), seed=st.integers(0, 2**31))
def test_largest_component_equals_networkx(shapes, density, seed):
    rng = np.random.default_rng(seed)
    graphs = node_graphs([torch.from_numpy(rng.random((3, *s)) < density) for s in shapes])
    ours = largest_component(graphs)
    for r in range(3):
        graph = nx.Graph()
        graph.add_nodes_from((0, i) for i in range(graphs[0].shape[2]))
        for number, edges in enumerate(graphs):
            graph.add_nodes_from((number + 1, i) for i in range(edges.shape[1]))
            graph.add_edges_from(
                ((number, i), (number + 1, o)) for o, i in np.argwhere(edges[r].numpy())
            )
        largest = max(map(len, nx.connected_components(graph)))
        assert ours[r] == pytest.approx(largest / graph.number_of_nodes())


def test_an_edge_behind_a_dead_node_does_nothing():
    first = torch.tensor([[[1, 0], [0, 0]]]).bool()  # unit 1 has no input
    second = torch.tensor([[[0, 1], [1, 1]]]).bool()
    assert [int(c) for c in effective_counts(node_graphs([first, second]))] == [1, 1]


def test_layers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="cannot follow"):
        node_graphs([torch.ones(1, 3, 2), torch.ones(1, 2, 4)])


def test_layer_observables_count_what_is_there():
    masks = {
        "a": torch.zeros(1, 3, 4, dtype=torch.bool),
        "b": torch.ones(1, 2, 3, dtype=torch.bool),
    }
    masks["a"][0, 1, 2] = masks["a"][0, 1, 3] = True
    weights = {name: torch.rand(mask.shape) * mask for name, mask in masks.items()}
    rows = layer_observables(masks, weights, weights)
    assert rows["a"]["num_kept"] == 2
    assert rows["a"]["active_in"] == 2
    assert rows["a"]["active_out"] == 1
    assert rows["a"]["density"] == pytest.approx(2 / 12)
    assert rows["b"]["effective_density"] == pytest.approx(2 / 6)
    assert rows[WHOLE]["num_kept"] == 8
    assert rows[WHOLE]["effective_density"] == pytest.approx(4 / 18)
    assert np.isnan(rows["a"]["evolution_metric"])
    assert rows["b"]["evolution_metric"] == 0
