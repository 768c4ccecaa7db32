"""Clusters against networkx, on random masks of dense and convolutional chains."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.topology.clusters import clusters
from tests.support.shapes import SHAPES, on_chain


@settings(max_examples=60, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 0.7), seed=st.integers(0, 2**31))
def test_clusters_equal_networkx(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random(shape) < density for shape in shapes]
    ours, mean_size = clusters(*on_chain(shapes, masks))
    graph = nx.Graph()
    count = shapes[0][1]
    graph.add_nodes_from((0, i) for i in range(count))
    for number, mask in enumerate(masks):
        per_node = mask.shape[1] // count
        count = mask.shape[0]
        graph.add_nodes_from((number + 1, i) for i in range(count))
        graph.add_edges_from(
            ((number, index[1] // per_node), (number + 1, index[0])) for index in np.argwhere(mask)
        )
    *others, largest = sorted(map(len, nx.connected_components(graph)))
    assert ours == pytest.approx(largest / graph.number_of_nodes())
    expected = sum(size**2 for size in others) / graph.number_of_nodes()
    assert mean_size == pytest.approx(expected)
