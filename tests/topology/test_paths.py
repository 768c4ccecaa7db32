"""Effective edges against networkx, and the number of paths against exact counts."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.topology.paths import effective_counts, log_num_paths, node_graphs
from tests.support.shapes import SHAPES


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


@settings(max_examples=120, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_effective_edges_equal_networkx(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random((2, *shape)) < density for shape in shapes]
    ours = effective_counts(node_graphs([torch.from_numpy(mask) for mask in masks]))
    for r in range(2):
        assert [int(count[r]) for count in ours] == by_networkx([mask[r] for mask in masks])


def test_an_edge_behind_a_node_without_inputs_is_not_effective():
    first = torch.tensor([[[1, 0], [0, 0]]]).bool()  # unit 1 has no input
    second = torch.tensor([[[0, 1], [1, 1]]]).bool()
    assert [int(c) for c in effective_counts(node_graphs([first, second]))] == [1, 1]


def test_layers_of_inconsistent_shapes_are_refused():
    with pytest.raises(ValueError, match="cannot follow"):
        node_graphs([torch.ones(1, 3, 2), torch.ones(1, 2, 4)])


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
    """Number of paths in exact integers, counted node by node, layer by layer."""
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
