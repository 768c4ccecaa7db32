"""Layer observables: by hand, and degrees against networkx."""

from collections import OrderedDict

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.observables.layers import OF_GRAPH, WHOLE, layer_observables
from tests.support.shapes import SHAPES, chain_graph

SIDES = {"in": "out", "out": "in"}  # edges lead into out-nodes, and out of in-nodes


def test_layer_observables_of_a_small_mask():
    masks = {
        "a": np.zeros((3, 4), bool),
        "b": np.ones((2, 3), bool),
    }
    masks["a"][1, 2] = masks["a"][1, 3] = True
    rng = np.random.default_rng(0)
    weights = {name: rng.random(mask.shape) * mask for name, mask in masks.items()}
    graph = Architecture(
        lambda: nn.Sequential(OrderedDict(a=nn.Linear(4, 3), b=nn.Linear(3, 2))), (4,)
    ).graph
    rows = layer_observables(masks, weights, weights, graph)
    assert rows["a"]["num_kept"] == 2
    assert rows["a"]["active_in"] == 2
    assert rows["a"]["active_out"] == 1
    assert rows["a"]["density"] == pytest.approx(2 / 12)
    assert rows["b"]["effective_density"] == pytest.approx(2 / 6)
    assert rows[WHOLE]["num_kept"] == 8
    assert rows[WHOLE]["effective_density"] == pytest.approx(4 / 18)
    assert np.isnan(rows["a"]["evolution_metric"])
    assert rows["b"]["evolution_metric"] == 0


def test_without_a_graph_its_observables_alone_are_nan():
    rng = np.random.default_rng(0)
    shapes = SHAPES[2]
    masks = {str(i): rng.random(s) < 0.5 for i, s in enumerate(shapes)}
    known = layer_observables(masks, masks, masks, chain_graph(shapes))
    unknown = layer_observables(masks, masks, masks, None)
    assert list(unknown) == list(known)
    for name, row in unknown.items():
        assert list(row) == list(known[name])
        for key, value in row.items():
            if key in OF_GRAPH:
                assert np.isnan(value)
            else:
                np.testing.assert_array_equal(value, known[name][key])


@settings(max_examples=60, deadline=None)
@given(shapes=st.sampled_from(SHAPES), density=st.floats(0.0, 1.0), seed=st.integers(0, 2**31))
def test_degrees_equal_networkx(shapes, density, seed):
    rng = np.random.default_rng(seed)
    masks = {str(i): rng.random(shape) < density for i, shape in enumerate(shapes)}
    rows = layer_observables(masks, masks, masks, chain_graph(shapes))
    sums = {"in": 0, "out": 0}
    for name, mask in masks.items():
        graph = nx.DiGraph()
        flat, row = mask.reshape(len(mask), -1), rows[name]
        graph.add_nodes_from(("in", i) for i in range(flat.shape[1]))
        graph.add_nodes_from(("out", i) for i in range(flat.shape[0]))
        graph.add_edges_from((("in", j), ("out", i)) for i, j in np.argwhere(flat))
        for side, degree in (("in", graph.in_degree), ("out", graph.out_degree)):
            own = np.array([degree[node] for node in graph if node[0] == SIDES[side]])
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
        assert nodes == sum(_nodes(mask, other) for mask in masks.values())
    assert sums["in"] == sums["out"] == rows[WHOLE]["num_kept"]


def _nodes(mask, side):
    return len(mask) if side == "out" else mask[0].size
