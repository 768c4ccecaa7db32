"""Effective edges against networkx, and the number of paths against exact counts."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pruning_phases.topology.clusters import clusters
from pruning_phases.topology.paths import effective_counts, log_num_paths
from tests.support.shapes import SHAPES, chain_graph


def on_chain(shapes, masks):
    """Graph and edges of a chain of layers."""
    graph = chain_graph(shapes)
    return graph, graph.edges({str(n): torch.from_numpy(mask) for n, mask in enumerate(masks)})


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
    ours = effective_counts(*on_chain(shapes, masks))
    for r in range(2):
        found = [int(ours[str(number)][r]) for number in range(len(masks))]
        assert found == by_networkx([mask[r] for mask in masks])


def test_an_edge_behind_a_node_without_inputs_is_not_effective():
    first = torch.tensor([[[1, 0], [0, 0]]]).bool()  # unit 1 has no input
    second = torch.tensor([[[0, 1], [1, 1]]]).bool()
    counts = effective_counts(*on_chain([(2, 2), (2, 2)], [first.numpy(), second.numpy()]))
    assert {name: int(count) for name, count in counts.items()} == {"0": 1, "1": 1}


@settings(max_examples=120, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_the_number_of_paths_is_that_of_walks_through_the_graph(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random((2, *shape)) < density for shape in shapes]
    found = log_num_paths(*on_chain(shapes, masks)).numpy()
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
    graph = chain_graph([(1000, 1000)] * 150)
    edges = dict.fromkeys(map(str, range(150)), torch.ones(1, 1, 1000, 1000))
    assert float(log_num_paths(graph, edges)) == pytest.approx(151 * np.log(1000))


DEFAULTS = {  # the default models on MNIST
    "fc": [(300, 784), (200, 300), (100, 200), (10, 100)],
    "cnn": [(8, 1, 3, 3), (16, 8, 3, 3), (32, 16, 3, 3), (128, 32 * 9), (10, 128)],
}


@pytest.mark.parametrize("density", [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001])
@pytest.mark.parametrize("shapes", [*SHAPES, *DEFAULTS.values()], ids=str)
def test_chains_equal_the_product_of_their_matrices(shapes, density):
    """For a chain the graph is a list of matrices, as version 0.1.0 had it."""
    rng = np.random.default_rng(int(1000 * density))
    masks = [rng.random((3, *shape)) < density for shape in shapes]
    graph, edges = on_chain(shapes, masks)
    matrices = node_graphs([torch.from_numpy(mask) for mask in masks])
    for number, matrix in enumerate(matrices):
        torch.testing.assert_close(edges[str(number)][:, 0], matrix, rtol=0, atol=0)
    counts = effective_counts(graph, edges)
    for number, expected in enumerate(effective_in_chain(matrices)):
        assert counts[str(number)].dtype == torch.int64
        assert torch.equal(counts[str(number)], expected)
    torch.testing.assert_close(
        log_num_paths(graph, edges), log_num_paths_in_chain(matrices), rtol=1e-12, atol=0
    )
    largest, mean_size = clusters(graph, edges)
    num_nodes = shapes[0][1] + sum(shape[0] for shape in shapes)
    for r in range(3):
        sizes = cluster_sizes([matrix[r].numpy() for matrix in matrices])
        assert sizes.sum() == num_nodes == graph.num_nodes
        assert largest[r] == sizes.max() / num_nodes
        assert mean_size[r] == ((sizes**2).sum() - sizes.max() ** 2) / num_nodes


def node_graphs(masks):
    """Numbers of edges between the nodes of a chain of layers, [R, out, in] per layer."""
    graphs = []
    for mask in masks:
        edges = mask.flatten(2).float().unflatten(2, (mask.shape[2], -1)).sum(dim=3)
        num_nodes = graphs[-1].shape[1] if graphs else edges.shape[2]
        graphs.append(edges.unflatten(2, (num_nodes, -1)).sum(dim=3))
    return graphs


def effective_in_chain(graphs):
    reached = [torch.ones_like(graphs[0][:, 0, :])]
    for edges in graphs:
        reached.append((torch.bmm(edges, reached[-1].unsqueeze(2)).squeeze(2) > 0).float())
    leading = torch.ones_like(graphs[-1][:, :, 0])
    counts = []
    for edges, source in zip(reversed(graphs), reversed(reached[:-1]), strict=True):
        from_source = torch.bmm(edges, source.unsqueeze(2)).squeeze(2)
        counts.append((from_source * leading).double().sum(dim=1).long())
        leading = (torch.bmm(leading.unsqueeze(1), edges).squeeze(1) > 0).float()
    return counts[::-1]


def log_num_paths_in_chain(graphs):
    paths = torch.ones_like(graphs[0][:, 0, :], dtype=torch.float64)
    logarithm = torch.zeros_like(paths[:, 0])
    for edges in graphs:
        paths = torch.bmm(edges.double(), paths.unsqueeze(2)).squeeze(2)
        largest = paths.amax(dim=1)
        logarithm += largest.log()
        paths /= torch.where(largest > 0, largest, 1.0).unsqueeze(1)
    return logarithm + paths.sum(dim=1).log()


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
