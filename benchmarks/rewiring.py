"""Double edge swaps against ``networkx.double_edge_swap``, on a mask of 10,000 edges."""

import time
from collections.abc import Iterator

import networkx as nx
import numpy as np

from benchmarks.pairs import Comparison, compare, in_turn
from pruning_phases.topology.rewire import random_graph, rewired

SHAPE, EDGES, ROUNDS, SWAPS = (300, 784), 10_000, 7, 20_000


def run() -> Iterator[Comparison]:
    ours, peer = "double edge swaps", "networkx.double_edge_swap"
    seconds = in_turn({ours: _ours, peer: _theirs}, ROUNDS)
    yield compare("one swap made, 300 x 784 nodes, 10,000 edges", ours, peer, seconds)


def _graph() -> np.ndarray:
    first = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE) < EDGES
    return random_graph(first, np.random.default_rng(0))


def _ours() -> float:
    """Seconds per swap."""
    graph = _graph()
    began = time.perf_counter()
    _, swaps = rewired(graph, 40, np.random.default_rng(1))
    return (time.perf_counter() - began) / (swaps.made_per_edge * EDGES)


def _theirs() -> float:
    """Seconds per swap. networkx ignores the two sides of the graph, an easier problem."""
    out, into = np.nonzero(_graph())
    graph = nx.Graph(zip(out.tolist(), (into + SHAPE[0]).tolist(), strict=True))
    began = time.perf_counter()
    nx.double_edge_swap(graph, nswap=SWAPS, max_tries=10**7, seed=1)
    return (time.perf_counter() - began) / SWAPS
