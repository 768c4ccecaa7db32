"""Degrees of the nodes of a layer, and their histogram, against numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.topology.degrees import bins_up_to, degrees, histogram


@pytest.mark.parametrize("shape", [(5, 7), (4, 2, 3, 3)])
def test_degrees_of_a_convolution_count_kernel_positions_as_in_nodes(shape):
    mask = np.random.default_rng(0).random(shape) < 0.4
    outgoing, incoming = degrees(mask)
    graph = mask.reshape(len(mask), -1)
    np.testing.assert_array_equal(outgoing, graph.sum(axis=0))
    np.testing.assert_array_equal(incoming, graph.sum(axis=1))


@pytest.mark.parametrize(
    ("largest", "bins"), [(0, [0]), (1, [0, 1]), (7, [0, 1, 2, 4]), (8, [0, 1, 2, 4, 8])]
)
def test_bins_double_up_to_the_largest_degree(largest, bins):
    assert bins_up_to(largest) == bins


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=40))
def test_every_node_is_counted_in_one_bin(nodes):
    bins = bins_up_to(300)
    expected, _ = np.histogram(nodes, [*bins, 512])
    assert histogram(np.array(nodes), bins).tolist() == expected.tolist()
