"""Clusters against networkx, on random masks of dense and convolutional chains."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.topology.clusters import clusters
from pruning_phases.topology.paths import node_graphs
from tests.support.shapes import SHAPES


@settings(max_examples=120, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 0.7), seed=st.integers(0, 2**31))
def test_clusters_equal_networkx(shapes, density, seed):
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
