"""Effective edges against networkx, and the number of paths against exact counts."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pruning_phases.topology.clusters import clusters
from pruning_phases.topology.paths import effective_counts, log_num_paths
from tests.support.shapes import SHAPES, on_chain


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


@settings(max_examples=60, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_effective_edges_equal_networkx(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random(shape) < density for shape in shapes]
    ours = effective_counts(*on_chain(shapes, masks))
    assert [ours[str(number)] for number in range(len(masks))] == by_networkx(masks)


def test_an_edge_behind_a_node_without_inputs_is_not_effective():
    first = np.array([[1, 0], [0, 0]], bool)  # unit 1 has no input
    second = np.array([[0, 1], [1, 1]], bool)
    counts = effective_counts(*on_chain([(2, 2), (2, 2)], [first, second]))
    assert counts == {"0": 1, "1": 1}


@settings(max_examples=60, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_the_number_of_paths_is_that_of_walks_through_the_graph(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random(shape) < density for shape in shapes]
    with np.errstate(divide="ignore"):
        expected = np.log(float(walks(masks)))
    assert log_num_paths(*on_chain(shapes, masks)) == pytest.approx(expected)


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
    shapes = [(200, 200)] * 150
    found = log_num_paths(*on_chain(shapes, [np.ones(shapes[0], bool)] * 150))
    assert found == pytest.approx(151 * np.log(200))


DEFAULTS = {  # the default models on MNIST
    "fc": [(300, 784), (200, 300), (100, 200), (10, 100)],
    "cnn": [(8, 1, 3, 3), (16, 8, 3, 3), (32, 16, 3, 3), (128, 32 * 9), (10, 128)],
}


@pytest.mark.parametrize("density", [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001])
@pytest.mark.parametrize("shapes", [*SHAPES, *DEFAULTS.values()], ids=str)
def test_chains_equal_the_product_of_their_matrices(shapes, density):
    """For a chain the graph is a list of matrices, as version 0.1.0 had it."""
    rng = np.random.default_rng(int(1000 * density))
    masks = [rng.random(shape) < density for shape in shapes]
    graph, edges = on_chain(shapes, masks)
    matrices = node_graphs(masks)
    firsts = [0, *(layer.first for layer in graph.layers)]  # nodes of the inputs, of each layer
    for number, matrix in enumerate(matrices):
        own, found = edges[str(number)], np.zeros(matrix.shape)
        found[own.targets - firsts[number + 1], own.sources - firsts[number]] = own.counts
        np.testing.assert_array_equal(found, matrix)
    expected = {str(n): count for n, count in enumerate(effective_in_chain(matrices))}
    assert effective_counts(graph, edges) == expected
    with np.errstate(divide="ignore"):
        expected = log_num_paths_in_chain(matrices)
    assert log_num_paths(graph, edges) == pytest.approx(expected, rel=1e-12)
    sizes = cluster_sizes(matrices)
    num_nodes = shapes[0][1] + sum(shape[0] for shape in shapes)
    assert sizes.sum() == num_nodes == graph.num_nodes
    mean_size = ((sizes**2).sum() - sizes.max() ** 2) / num_nodes
    assert clusters(graph, edges) == (sizes.max() / num_nodes, mean_size)


def node_graphs(masks):
    """Numbers of edges between the nodes of a chain of layers, [out, in] per layer."""
    graphs = []
    for mask in masks:
        num_nodes = len(graphs[-1]) if graphs else mask.shape[1]
        graphs.append(mask.reshape(len(mask), num_nodes, -1).sum(axis=2))
    return graphs


def effective_in_chain(graphs):
    reached = [np.ones(graphs[0].shape[1], bool)]
    for edges in graphs:
        reached.append(edges @ reached[-1] > 0)
    leading = np.ones(len(graphs[-1]), bool)
    counts = []
    for edges, source in zip(reversed(graphs), reversed(reached[:-1]), strict=True):
        counts.append(leading @ edges @ source)
        leading = leading @ edges > 0
    return counts[::-1]


def log_num_paths_in_chain(graphs):
    paths, logarithm = np.ones(graphs[0].shape[1]), 0.0
    for edges in graphs:
        paths = edges @ paths
        largest = paths.max()
        logarithm += np.log(largest)
        paths = paths / (largest or 1.0)
    return logarithm + np.log(paths.sum())


def cluster_sizes(matrices):
    """Sizes of the clusters of one network."""
    firsts = np.cumsum([0] + [matrix.shape[1] for matrix in matrices])
    size = firsts[-1] + len(matrices[-1])
    out, into = np.concatenate(
        [
            np.argwhere(matrix).T + [[firsts[number + 1]], [firsts[number]]]
            for number, matrix in enumerate(matrices)
        ],
        axis=1,
    )
    joined = coo_array((np.ones(len(out)), (out, into)), shape=(size, size))
    return np.bincount(connected_components(joined, directed=False)[1])
