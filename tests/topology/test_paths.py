"""Effective density against networkx, on random masks of dense and convolutional chains."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.observables.layers import WHOLE, layer_observables
from pruning_phases.topology.clusters import clusters
from pruning_phases.topology.paths import effective_counts, log_num_paths, node_graphs


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
    ours, mean_size = clusters(graphs)
    for r in range(3):
        graph = nx.Graph()
        graph.add_nodes_from((0, i) for i in range(graphs[0].shape[2]))
        for number, edges in enumerate(graphs):
            graph.add_nodes_from((number + 1, i) for i in range(edges.shape[1]))
            graph.add_edges_from(
                ((number, i), (number + 1, o)) for o, i in np.argwhere(edges[r].numpy())
            )
        *others, largest = sorted(map(len, nx.connected_components(graph)))
        assert ours[r] == pytest.approx(largest / graph.number_of_nodes())
        expected = sum(size**2 for size in others) / graph.number_of_nodes()
        assert mean_size[r] == pytest.approx(expected)


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


@settings(max_examples=120, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_the_number_of_paths_is_that_of_walks_through_the_graph(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random((2, *shape)) < density for shape in shapes]
    found = log_num_paths(node_graphs([torch.from_numpy(mask) for mask in masks])).numpy()
    for r in range(2):
        with np.errstate(divide="ignore"):
            assert found[r] == pytest.approx(np.log(float(walks([mask[r] for mask in masks]))))


def walks(masks):
    """Paths one by one in exact integers: how many lead to each node, layer after layer."""
    leading = [1] * masks[0].shape[1]
    for mask in masks:
        per_node = mask.shape[1] // len(leading)
        counts = [0] * mask.shape[0]
        for index in np.argwhere(mask):
            counts[index[0]] += leading[index[1] // per_node]
        leading = counts
    return sum(leading)


def test_more_paths_than_a_float_can_count():
    graphs = [torch.ones(1, 1000, 1000) for _ in range(150)]
    assert float(log_num_paths(graphs)) == pytest.approx(151 * np.log(1000))


@settings(max_examples=60, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_degrees_equal_networkx(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = {str(i): rng.random((2, *shape)) < density for i, shape in enumerate(shapes)}
    tensors = {name: torch.from_numpy(mask) for name, mask in masks.items()}
    floats = {name: mask.double() for name, mask in tensors.items()}
    rows = layer_observables(tensors, floats, floats)
    sums = {"in": 0, "out": 0}
    for name, mask in masks.items():
        for r in range(2):
            graph = nx.DiGraph()
            flat = mask[r].reshape(len(mask[r]), -1)
            graph.add_nodes_from(("in", i) for i in range(flat.shape[1]))
            graph.add_nodes_from(("out", i) for i in range(flat.shape[0]))
            graph.add_edges_from((("in", j), ("out", i)) for i, j in np.argwhere(flat))
            for side, degree in (("in", graph.in_degree), ("out", graph.out_degree)):
                own = np.array([degree[node] for node in graph if node[0] == SIDES[side]])
                row = {key: value[r] for key, value in rows[name].items()}
                assert row[f"active_{SIDES[side]}"] == (own > 0).sum()
                for low, high in ((0, 1), (1, 2), (2, 4), (4, 8)):
                    count = ((own >= low) & (own < high)).sum()
                    assert row[f"{side}_degree_{low}"] == count
                ratio = (own**2).sum() / own.sum() if own.any() else np.nan
                assert row[f"{side}_degree_ratio"] == pytest.approx(ratio, nan_ok=True)
                sums[side] += own.sum()
    for side, other in SIDES.items():
        bins = [key for key in rows[WHOLE] if key.startswith(f"{side}_degree_") and key[-1] != "o"]
        nodes = sum(rows[WHOLE][key] for key in bins)
        assert (nodes == sum(_nodes(mask, other) for mask in masks.values())).all()
    assert sums["in"] == sums["out"] == rows[WHOLE]["num_kept"].sum()


SIDES = {"in": "out", "out": "in"}  # edges lead into out-nodes, and out of in-nodes


def _nodes(mask, side):
    return mask.shape[1] if side == "out" else mask[0, 0].size
