"""Random graphs that share something with a given one: degrees, numbers of edges, active nodes.

A graph is a bool matrix [out-nodes, in-nodes]. Every function draws uniformly from the graphs that
share what it says, keeps it exactly, and gives the same graph for the same generator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Graph = NDArray[np.bool_]

MOST_EXTENSIONS = 6  # times that mixing goes on for as long again while it has not levelled off

FEWEST_ROUNDS = 8  # to tell whether it has

TRIED_SHARE = 0.75  # of the pairs of edges, by a round on average: see _num_pairs


@dataclass(frozen=True)
class Swaps:
    """How well a graph has been mixed, by double edge swaps or by moves of an edge."""

    tried_per_edge: float
    made_per_edge: float
    overlap: NDArray[np.float64]  # after each round: share of the edges that the start had too
    levelled_off: bool
    note: str | None = None  # why the graph is what it was


def rewired(
    graph: Graph, tries_per_edge: float, generator: np.random.Generator
) -> tuple[Graph, Swaps]:
    """A graph in which every node keeps its in-degree and its out-degree, by double edge swaps
    a -> b, c -> d to a -> d, c -> b (arXiv 2602.15224, Fig. 4).

    A round pairs edges at random and tries all these swaps at once. A swap is made if neither of
    its new edges is there already, and if no other swap of the round, made or not, wants one of
    the four edges that it is about. That rule reads the same backwards: the same pairs, swapped,
    lead back to where they came from with the same probability, so all graphs of these degrees end
    up equally probable. A round may also try a single swap, by which all of them can be reached
    (Ryser 1957), or none at all.

    On average ``tries_per_edge`` swaps are tried per edge, and as many again as long as the overlap
    with the start still falls between the third and the last quarter of the rounds. Of a graph that
    is more than half full the missing edges are swapped, and overlap and counts are of those: it is
    the same thing, and quicker.
    """
    if graph.mean() > 0.5:
        missing, swaps = rewired(~graph, tries_per_edge, generator)
        return ~missing, swaps
    out, into = np.nonzero(graph)
    num_edges = len(out)
    if num_edges < 2:
        return graph.copy(), _unmixed(f"{num_edges} edges have no other form with these degrees")
    state = _Edges(graph.shape, out, into)

    def one_round() -> tuple[int, int]:
        count = _num_pairs(num_edges, generator)
        return count, state.swap(generator.permutation(num_edges)[: 2 * count])

    # The number of rounds is fixed, not that of the tries: else a graph that every swap changes
    # would always end after an even number of them, or always after an odd one.
    num_rounds = tries_per_edge * num_edges / (TRIED_SHARE * (num_edges // 2))
    swaps = _mix(one_round, lambda: state.overlap(graph), num_rounds, num_edges)
    return state.matrix(), swaps


def _mix(
    one_round: Callable[[], tuple[int, int]], overlap: Callable[[], float],
    num_rounds: float, num_edges: int,
) -> Swaps:  # fmt: skip
    """So many rounds (tried, made), and again as many while the overlap has not levelled off."""
    overlaps: list[float] = []
    tried = made = 0
    for _ in range(MOST_EXTENSIONS + 1):
        for _ in range(max(FEWEST_ROUNDS, int(np.ceil(num_rounds)))):
            of_round = one_round()
            tried, made = tried + of_round[0], made + of_round[1]
            overlaps.append(overlap())
        if has_levelled_off(np.array(overlaps), num_edges):
            break
    levelled = has_levelled_off(np.array(overlaps), num_edges)
    note = None if made else f"none of {tried} swaps was possible: the graph is what it was"
    return Swaps(tried / num_edges, made / num_edges, np.array(overlaps), levelled, note)


def _unmixed(note: str) -> Swaps:
    return Swaps(0.0, 0.0, np.ones(1), True, note)


def _num_pairs(num_edges: int, generator: np.random.Generator) -> int:
    """All pairs in half of the rounds, and in the others any number from 0 to all."""
    most = num_edges // 2
    return most if generator.random() < 0.5 else int(generator.integers(most + 1))


def has_levelled_off(overlap: NDArray[np.float64], num_edges: int) -> bool:
    """Whether the overlap's mean over the third quarter of the rounds is that over the last: within
    three standard errors of their difference, or within half an edge."""
    _, _, third, last = np.array_split(overlap, 4)
    error = np.sqrt(third.var() / len(third) + last.var() / len(last))
    return bool(abs(third.mean() - last.mean()) <= max(3 * error, 0.5 / num_edges))


class _Edges:
    """The edges of a graph as two lists of ends, beside a table of what is occupied."""

    def __init__(self, shape: tuple[int, ...], out: NDArray, into: NDArray) -> None:
        self.shape = shape
        self.out, self.into = out, into.copy()
        self._occupied = np.zeros(shape[0] * shape[1], dtype=bool)
        self._occupied[self._place(out, into)] = True
        self._claim = np.full(len(self._occupied), -1, dtype=np.int64)
        self._num_claims = 0

    def swap(self, edges: NDArray[np.intp]) -> int:
        """Try to swap the first half of these edges with the second; the number of swaps made."""
        one, two = np.split(edges, 2)
        into_one, into_two = self.into[one], self.into[two]
        out_one, out_two = self.out[one], self.out[two]
        left = np.concatenate([self._place(out_one, into_one), self._place(out_two, into_two)])
        wanted = np.concatenate([self._place(out_one, into_two), self._place(out_two, into_one)])
        alone = self._wanted_once(wanted) & ~self._is_wanted(left)
        made = np.logical_and(*np.split(alone & ~self._occupied[wanted], 2))
        both = np.tile(made, 2)
        self._occupied[left[both]] = False
        self._occupied[wanted[both]] = True
        self.into[one[made]], self.into[two[made]] = into_two[made], into_one[made]
        return int(made.sum())

    def _wanted_once(self, wanted: NDArray) -> NDArray[np.bool_]:
        """Whose place no other wants: the last one to claim it is also the first one."""
        number = self._num_claims + np.arange(len(wanted))
        self._claim[wanted] = number
        last = self._claim[wanted]
        self._claim[wanted[::-1]] = number[::-1]
        return self._claim[wanted] == last

    def _is_wanted(self, places: NDArray) -> NDArray[np.bool_]:
        """Whether there is a claim on them of this round, whose numbers are above all earlier."""
        claimed = self._claim[places] >= self._num_claims
        self._num_claims += len(places)
        return claimed

    def _place(self, out: NDArray, into: NDArray) -> NDArray:
        return out * self.shape[1] + into

    def overlap(self, graph: Graph) -> float:
        return float(graph[self.out, self.into].mean())

    def matrix(self) -> Graph:
        return self._occupied.reshape(self.shape).copy()


def random_graph(graph: Graph, generator: np.random.Generator) -> Graph:
    """As many edges, anywhere."""
    drawn = np.zeros(graph.size, dtype=bool)
    drawn[generator.choice(graph.size, int(graph.sum()), replace=False)] = True
    return drawn.reshape(graph.shape)


def with_in_degrees(graph: Graph, generator: np.random.Generator) -> Graph:
    """Every out-node keeps the number of edges into it, whose other ends are anywhere."""
    order = generator.random(graph.shape).argsort(axis=1)
    first = np.arange(graph.shape[1]) < graph.sum(axis=1, keepdims=True)
    drawn = np.zeros_like(graph)
    np.put_along_axis(drawn, order, first, axis=1)
    return drawn


def with_out_degrees(graph: Graph, generator: np.random.Generator) -> Graph:
    """Every in-node keeps the number of edges out of it, whose other ends are anywhere."""
    return with_in_degrees(graph.T, generator).T.copy()


def between_active_nodes(
    graph: Graph, moves_per_edge: float, generator: np.random.Generator
) -> tuple[Graph, Swaps]:
    """As many edges between the nodes that have any, so that all of these still have one.

    One edge at a time moves to a place drawn at random, or two swap ends, unless a place is taken
    or a node would be left without edges: a move and its reverse are equally probable, so all
    such graphs are. (Without the swaps a graph of single edges could not change.) It goes on as
    ``rewired`` does, in rounds of one move and one swap an edge.
    """
    outs, ins = np.flatnonzero(graph.any(axis=1)), np.flatnonzero(graph.any(axis=0))
    num_edges = int(graph.sum())
    if num_edges < 2:
        return graph.copy(), _unmixed(f"{num_edges} edges have no other form between these nodes")
    part = graph[np.ix_(outs, ins)]
    covering = _Covering(part)

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
        return float(part[covering.rows, covering.columns].mean())

    swaps = _mix(one_round, overlap, moves_per_edge, num_edges)
    drawn = np.zeros_like(graph)
    drawn[outs[covering.rows], ins[covering.columns]] = True
    return drawn, swaps


class _Covering:
    """The edges of a graph in which every node has one, and keeps one."""

    def __init__(self, graph: Graph) -> None:
        self.rows, self.columns = (ends.tolist() for ends in np.nonzero(graph))
        self._in_row, self._in_column = graph.sum(axis=1).tolist(), graph.sum(axis=0).tolist()
        self._taken = set(zip(self.rows, self.columns, strict=True))

    def move(self, edge: int, row: int, column: int) -> bool:
        old_row, old_column = self.rows[edge], self.columns[edge]
        if (
            (row, column) in self._taken
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
        if new[0] in self._taken or new[1] in self._taken:
            return False
        self._put(one, *new[0])
        self._put(two, *new[1])
        return True

    def _put(self, edge: int, row: int, column: int) -> None:
        self._taken.remove((self.rows[edge], self.columns[edge]))
        self._taken.add((row, column))
        self.rows[edge], self.columns[edge] = row, column
