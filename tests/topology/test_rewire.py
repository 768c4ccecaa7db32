"""Random graphs keep their property exactly and are sampled uniformly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from pruning_phases.topology.rewire import (
    _Edges,
    between_active_nodes,
    has_levelled_off,
    random_graph,
    rewired,
    with_in_degrees,
    with_out_degrees,
)

TRIES = 20


def swapped(graph, generator):
    return rewired(graph, TRIES, generator)[0]


def moved(graph, generator):
    return between_active_nodes(graph, TRIES, generator)[0]


def in_degrees(graph):
    return graph.sum(axis=1)


def out_degrees(graph):
    return graph.sum(axis=0)


def active(graph):
    return [*graph.any(axis=1), *graph.any(axis=0)]


KEPT = {  # properties that each sampler keeps, beside the number of edges
    swapped: (in_degrees, out_degrees),
    with_in_degrees: (in_degrees,),
    with_out_degrees: (out_degrees,),
    moved: (active,),
    random_graph: (),
}
SMALL = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1]], dtype=bool)


@pytest.mark.parametrize("sampler", KEPT)
@settings(max_examples=300, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)), density=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)  # fmt: skip
def test_the_property_is_kept_and_a_seed_gives_one_graph(sampler, shape, density, seed):
    graph = np.random.default_rng(seed).random(shape) < density
    before = graph.copy()
    sample = sampler(graph, np.random.default_rng(seed))
    assert sample.dtype == bool and sample.sum() == graph.sum()
    for what in KEPT[sampler]:
        np.testing.assert_array_equal(what(sample), what(graph))
    np.testing.assert_array_equal(sampler(graph, np.random.default_rng(seed)), sample)
    np.testing.assert_array_equal(graph, before)


def all_like(graph, kept):
    """All graphs of this shape with the same number of edges and the same properties."""
    found = []
    for places in itertools.combinations(range(graph.size), int(graph.sum())):
        other = np.zeros(graph.size, dtype=bool)
        other[list(places)] = True
        other = other.reshape(graph.shape)
        if all(np.array_equal(what(other), what(graph)) for what in kept):
            found.append(other.tobytes())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("sampler", KEPT)
@pytest.mark.parametrize(
    "graph",
    [
        np.eye(3, dtype=bool),
        pytest.param(SMALL, marks=pytest.mark.slow),
        pytest.param(SMALL[:, :3], marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_all_graphs_are_equally_probable(sampler, graph):
    """Every possible graph is sampled, as often as the others (chi^2)."""
    possible = all_like(graph, KEPT[sampler])
    counts = dict.fromkeys(possible, 0)
    num_samples = max(600, 12 * len(possible))
    for seed in range(num_samples):
        counts[sampler(graph, np.random.default_rng(seed)).tobytes()] += 1
    assert set(counts) == set(possible)
    if len(possible) > 1:
        assert chisquare(list(counts.values())).pvalue > 1e-3


@pytest.mark.parametrize("graph", [SMALL, np.eye(3, dtype=bool)], ids=str)
def test_a_round_of_swaps_is_as_probable_as_its_reverse(graph):
    """The transition matrix over all graphs, from every order of the edges, is symmetric.

    So the uniform distribution is stationary. The spectral gap shows that every graph is reached
    and that there is no period.
    """
    possible = all_like(graph, KEPT[swapped])
    number = {state: index for index, state in enumerate(possible)}
    num_edges = int(graph.sum())
    most = num_edges // 2
    chances = np.zeros((len(possible),) * 2)
    for state, row in number.items():
        start = np.frombuffer(state, dtype=bool).reshape(graph.shape)
        for order in itertools.permutations(range(num_edges)):
            for count in range(most + 1):
                edges = _Edges(graph.shape, *np.nonzero(start))
                edges.swap(np.array(order[: 2 * count], dtype=np.intp))
                weight = 0.5 * (count == most) + 0.5 / (most + 1)
                chances[row, number[edges.matrix().tobytes()]] += weight
    chances /= chances.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(chances, chances.T, atol=1e-12)
    slowest = np.sort(np.abs(np.linalg.eigvalsh(chances)))[-2]
    assert slowest < 0.9


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (np.ones((5, 4), dtype=bool), "0 edges allow no other graph"),
        (np.zeros((5, 4), dtype=bool), "0 edges allow no other graph"),
        (np.eye(1, 7, dtype=bool), "1 edges allow no other graph"),
        (np.triu(np.ones((6, 6), dtype=bool)), "swaps was possible: the graph did not change"),
    ],
)
def test_a_graph_without_alternatives_comes_back_with_a_note(graph, said):
    sample, swaps = rewired(graph, TRIES, np.random.default_rng(0))
    np.testing.assert_array_equal(sample, graph)
    assert said in swaps.note and swaps.made_per_edge == 0 and swaps.levelled_off


def test_swapping_continues_until_the_overlap_is_stationary():
    generator = np.random.default_rng(0)
    graph = generator.random((100, 300)) < 0.05
    graph[:3] = generator.random((3, 300)) < 0.6  # nodes of many edges mix slowly
    _, enough = rewired(graph, 20, generator)
    assert enough.levelled_off and enough.tried_per_edge == pytest.approx(20, rel=0.2)
    assert enough.made_per_edge > 0.3 * enough.tried_per_edge
    _, few = rewired(graph, 0.1, generator)
    assert few.tried_per_edge >= 0.1 and len(few.overlap) >= 8
    # The stationary overlap is that of random graphs with these degrees.
    others = [rewired(graph, 40, generator)[0] for _ in range(20)]
    overlaps = [(graph & other).sum() / graph.sum() for other in others]
    late = enough.overlap[len(enough.overlap) // 2 :]
    assert late.mean() == pytest.approx(np.mean(overlaps), abs=4 * np.std(overlaps) / 20**0.5)


def test_a_nearly_full_graph_is_mixed_by_its_missing_edges():
    generator = np.random.default_rng(0)
    missing = np.zeros((100, 200), dtype=bool)
    missing.ravel()[generator.choice(20000, 200, replace=False)] = True
    sample, swaps = rewired(~missing, 20, generator)
    assert swaps.levelled_off and swaps.made_per_edge > 5
    assert (missing & ~sample).sum() / 200 < 0.15  # by chance 0.02 and a little
    for side in (0, 1):
        np.testing.assert_array_equal(sample.sum(side), (~missing).sum(side))


def test_active_nodes_mix_until_their_overlap_is_stationary():
    """The edges of a star leave it slowly."""
    graph = np.zeros((30, 300), dtype=bool)
    graph[0, :271] = True
    graph[np.arange(1, 30), np.arange(271, 300)] = True
    sample, swaps = between_active_nodes(graph, 20, np.random.default_rng(0))
    assert swaps.tried_per_edge > 20 or swaps.levelled_off
    assert swaps.levelled_off == has_levelled_off(swaps.overlap, 300)
    assert sample.any(0).all() and sample.any(1).all()


def test_a_falling_overlap_is_not_stationary():
    falling = np.exp(-np.arange(40) / 20)
    assert not has_levelled_off(falling, 1000)
    noise = np.random.default_rng(0).normal(size=40)
    assert has_levelled_off(0.1 + 0.01 * noise, 1000)
