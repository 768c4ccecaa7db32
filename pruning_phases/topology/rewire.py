"""Random graphs that share a property with a given one: degrees, number of edges, active nodes.

A graph is a bool matrix [out-nodes, in-nodes]. Every function samples uniformly from all graphs
that share the property exactly, and returns the same graph for the same generator.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Graph = NDArray[np.bool_]

MAX_EXTENSIONS = 6  # times that mixing is repeated while the overlap is not stationary
MIN_ROUNDS = 8  # for the test of stationarity
TRIED_FRACTION = 0.75  # mean fraction of the pairs of edges that a round tries: see _num_pairs


@dataclass(frozen=True)
class Swaps:
    """Quality of the mixing of a graph by double edge swaps or moves of an edge."""

    tried_per_edge: float
    made_per_edge: float
    overlap: NDArray[np.float64]  # after each round: fraction of the edges that the start had too
    levelled_off: bool  # True if the overlap has become stationary
    note: str | None = None  # reason why the graph did not change


def rewired(
    graph: Graph, tries_per_edge: float, generator: np.random.Generator
) -> tuple[Graph, Swaps]:
    """Sample a graph with equal in- and out-degree of every node (arXiv 2602.15224, Fig. 4).

    Double edge swaps turn edges a -> b, c -> d into a -> d, c -> b. A round pairs edges at random
    and tries all these swaps at once. A swap is made if neither of its new edges exists, and if no
    other swap of the round, made or not, involves one of its four edges. The rule is symmetric in
    time: the swapped pairs lead back with the same probability. So all graphs with these degrees
    are equally probable in the end. A round may also try a single swap, by which all of them can be
    reached (Ryser 1957), or none.

    On average ``tries_per_edge`` swaps are tried per edge, and as many again while the overlap with
    the start still falls between the third and the last quarter of the rounds. If more than half of
    all possible edges exist, the missing edges are swapped instead, which is equivalent and faster;
    overlap and counts then refer to the missing edges.
    """
    if graph.mean() > 0.5:
        missing, swaps = rewired(~graph, tries_per_edge, generator)
        return ~missing, swaps
    out, into = np.nonzero(graph)
    num_edges = len(out)
    if num_edges < 2:
        return graph.copy(), _unmixed(f"{num_edges} edges allow no other graph with these degrees")
    state = _Edges(graph.shape, out, into)

    def one_round() -> tuple[int, int]:
        count = _num_pairs(num_edges, generator)
        return count, state.swap(generator.permutation(num_edges)[: 2 * count])

    # The number of rounds is fixed, not that of the tries: otherwise a graph that every swap
    # changes would always end after an even number of swaps, or always after an odd number.
    num_rounds = tries_per_edge * num_edges / (TRIED_FRACTION * (num_edges // 2))
    swaps = _mix(one_round, lambda: state.overlap(graph), num_rounds, num_edges)
    return state.matrix(), swaps


def _mix(
    one_round: Callable[[], tuple[int, int]], overlap: Callable[[], float],
    num_rounds: float, num_edges: int,
) -> Swaps:  # fmt: skip
    """Run ``num_rounds`` of swaps, and as many again until the overlap is stationary."""
    overlaps: list[float] = []
    tried = made = 0
    for _ in range(MAX_EXTENSIONS + 1):
        for _ in range(max(MIN_ROUNDS, int(np.ceil(num_rounds)))):
            of_round = one_round()
            tried, made = tried + of_round[0], made + of_round[1]
            overlaps.append(overlap())
        if has_levelled_off(np.array(overlaps), num_edges):
            break
    levelled = has_levelled_off(np.array(overlaps), num_edges)
    note = None if made else f"none of {tried} swaps was possible: the graph did not change"
    return Swaps(tried / num_edges, made / num_edges, np.array(overlaps), levelled, note)


def _unmixed(note: str) -> Swaps:
    return Swaps(0.0, 0.0, np.ones(1), True, note)


def _num_pairs(num_edges: int, generator: np.random.Generator) -> int:
    """Number of pairs in a round: all in half of the rounds, else any number from 0 to all."""
    most = num_edges // 2
    return most if generator.random() < 0.5 else int(generator.integers(most + 1))


def has_levelled_off(overlap: NDArray[np.float64], num_edges: int) -> bool:
    """True if the mean overlap is the same in the third and in the last quarter of the rounds.

    The tolerance is three standard errors of the difference, or half an edge.
    """
    _, _, third, last = np.array_split(overlap, 4)
    error = np.sqrt(third.var() / len(third) + last.var() / len(last))
    return bool(abs(third.mean() - last.mean()) <= max(3 * error, 0.5 / num_edges))


class _Edges:
    """Edges of a graph: two lists of end nodes, and a table of the occupied matrix elements."""

    def __init__(self, shape: tuple[int, ...], out: NDArray, into: NDArray) -> None:
        self.shape = shape
        self.out, self.into = out, into.copy()
        self._occupied = np.zeros(shape[0] * shape[1], dtype=bool)
        self._occupied[self._index(out, into)] = True
        self._claim = np.full(len(self._occupied), -1, dtype=np.int64)
        self._num_claims = 0

    def swap(self, edges: NDArray[np.intp]) -> int:
        """Try to swap the first half of these edges with the second; return the number made."""
        one, two = np.split(edges, 2)
        into_one, into_two = self.into[one], self.into[two]
        out_one, out_two = self.out[one], self.out[two]
        sources = np.concatenate([self._index(out_one, into_one), self._index(out_two, into_two)])
        targets = np.concatenate([self._index(out_one, into_two), self._index(out_two, into_one)])
        alone = self._claimed_once(targets) & ~self._is_claimed(sources)
        made = np.logical_and(*np.split(alone & ~self._occupied[targets], 2))
        both = np.tile(made, 2)
        self._occupied[sources[both]] = False
        self._occupied[targets[both]] = True
        self.into[one[made]], self.into[two[made]] = into_two[made], into_one[made]
        return int(made.sum())

    def _claimed_once(self, targets: NDArray) -> NDArray[np.bool_]:
        """Select targets claimed by exactly one edge: its claim is both the first and the last."""
        number = self._num_claims + np.arange(len(targets))
        self._claim[targets] = number
        last = self._claim[targets]
        self._claim[targets[::-1]] = number[::-1]
        return self._claim[targets] == last

    def _is_claimed(self, sources: NDArray) -> NDArray[np.bool_]:
        """Select sources claimed in this round: numbers of claims grow from round to round."""
        claimed = self._claim[sources] >= self._num_claims
        self._num_claims += len(sources)
        return claimed

    def _index(self, out: NDArray, into: NDArray) -> NDArray:
        return out * self.shape[1] + into

    def overlap(self, graph: Graph) -> float:
        return float(graph[self.out, self.into].mean())

    def matrix(self) -> Graph:
        return self._occupied.reshape(self.shape).copy()


def random_graph(graph: Graph, generator: np.random.Generator) -> Graph:
    """Sample a graph with as many edges."""
    sample = np.zeros(graph.size, dtype=bool)
    sample[generator.choice(graph.size, int(graph.sum()), replace=False)] = True
    return sample.reshape(graph.shape)


def with_in_degrees(graph: Graph, generator: np.random.Generator) -> Graph:
    """Sample a graph with the same number of edges into every out-node."""
    order = generator.random(graph.shape).argsort(axis=1)
    first = np.arange(graph.shape[1]) < graph.sum(axis=1, keepdims=True)
    sample = np.zeros_like(graph)
    np.put_along_axis(sample, order, first, axis=1)
    return sample


def with_out_degrees(graph: Graph, generator: np.random.Generator) -> Graph:
    """Sample a graph with the same number of edges out of every in-node."""
    return with_in_degrees(graph.T, generator).T.copy()


def between_active_nodes(
    graph: Graph, moves_per_edge: float, generator: np.random.Generator
) -> tuple[Graph, Swaps]:
    """Sample a graph with as many edges and the same nodes that have edges.

    In turn an edge moves to a random pair of nodes, and two edges swap ends, unless the pair is
    occupied or a node would lose its last edge. A move and its reverse are equally probable, so all
    such graphs are. Without the swaps, a graph of single edges could not change. Rounds of one move
    and one swap per edge are repeated as in ``rewired``.
    """
    outs, ins = np.flatnonzero(graph.any(axis=1)), np.flatnonzero(graph.any(axis=0))
    num_edges = int(graph.sum())
    if num_edges < 2:
        return graph.copy(), _unmixed(f"{num_edges} edges allow no other graph of these nodes")
    active = graph[np.ix_(outs, ins)]
    covering = _Covering(active)

    def one_round() -> tuple[int, int]:
        edge, other = generator.integers(num_edges, size=(2, num_edges)).tolist()
        row, column = (
            generator.integers(len(ends), size=num_edges).tolist() for ends in (outs, ins)
        )
        made = 0
        for number in range(num_edges):
            made += covering.move(edge[number], row[number], column[number])
            made += covering.swap(edge[number], other[number])
        return num_edges, made

    def overlap() -> float:
        return float(active[covering.rows, covering.columns].mean())

    swaps = _mix(one_round, overlap, moves_per_edge, num_edges)
    sample = np.zeros_like(graph)
    sample[outs[covering.rows], ins[covering.columns]] = True
    return sample, swaps


class _Covering:
    """Edges of a graph in which every node has at least one edge and keeps at least one."""

    def __init__(self, graph: Graph) -> None:
        self.rows, self.columns = (ends.tolist() for ends in np.nonzero(graph))
        self._in_row, self._in_column = graph.sum(axis=1).tolist(), graph.sum(axis=0).tolist()
        self._occupied = set(zip(self.rows, self.columns, strict=True))

    def move(self, edge: int, row: int, column: int) -> bool:
        old_row, old_column = self.rows[edge], self.columns[edge]
        if (
            (row, column) in self._occupied
            or (self._in_row[old_row] == 1 and row != old_row)
            or (self._in_column[old_column] == 1 and column != old_column)
        ):
            return False
        self._in_row[old_row] -= 1
        self._in_row[row] += 1
        self._in_column[old_column] -= 1
        self._in_column[column] += 1
        self._put(edge, row, column)
        return True

    def swap(self, one: int, two: int) -> bool:
        new = (self.rows[one], self.columns[two]), (self.rows[two], self.columns[one])
        if new[0] in self._occupied or new[1] in self._occupied:
            return False
        self._put(one, *new[0])
        self._put(two, *new[1])
        return True

    def _put(self, edge: int, row: int, column: int) -> None:
        self._occupied.remove((self.rows[edge], self.columns[edge]))
        self._occupied.add((row, column))
        self.rows[edge], self.columns[edge] = row, column
