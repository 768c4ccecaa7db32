"""Enumeration of sparse networks: every dense block, and every support up to its symmetry.

In: sizes of layers. Out: masks by number, and how many there are. Pure functions of numbers.

A fully connected network d0 - d1 - ... - dL has weights W_l [d_l, d_(l-1)]. The last layer is
always dense.

Block       the first b_l units of every hidden layer, with all weights between them.
Support     the places of the surviving weights of a matrix. Without an empty row or column, since a
            unit without an edge on either side could be left out. A permutation of a hidden layer's
            units permutes the rows of its matrix and the columns of the next one, and leaves the
            network the same. So one representative of each set of row permutations is enough:
            supports whose rows, read as binary numbers, ascend. Some of these are still equal up to
            permutations that leave the rows below as they are.

arXiv 2407.04075 enumerates both.
"""

from collections.abc import Sequence
from functools import cache
from itertools import combinations_with_replacement
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

Masks = list[NDArray[np.bool_]]  # one [numbers, out, in] for each layer


def sizes_of(shapes: Sequence[Sequence[int]]) -> list[int]:
    """Units d0, d1, ..., dL of fully connected layers with weights of these shapes [out, in]."""
    return [shapes[0][1], *(shape[0] for shape in shapes)]


def num_blocks(sizes: Sequence[int]) -> int:
    """Number of blocks of a network with layers of d0, d1, ..., dL units: d1 d2 ... d(L-1)."""
    return prod(sizes[1:-1])


def block_widths(sizes: Sequence[int], numbers: Sequence[int]) -> NDArray[np.int64]:
    """Units [numbers, L - 1] of the hidden layers of blocks; the last layer's vary fastest."""
    return np.stack(np.unravel_index(np.asarray(numbers), sizes[1:-1]), axis=1) + 1


def blocks(sizes: Sequence[int], numbers: Sequence[int]) -> Masks:
    """Masks of blocks."""
    hidden = block_widths(sizes, numbers)
    ends = [np.full(len(hidden), sizes[0]), *hidden.T, np.full(len(hidden), sizes[-1])]
    return [
        (np.arange(out) < rows[:, None])[:, :, None] & (np.arange(into) < columns[:, None])[:, None]
        for out, into, rows, columns in zip(sizes[1:], sizes[:-1], ends[1:], ends[:-1], strict=True)
    ]


def num_supports(rows: int, columns: int) -> int:
    """Number of supports of a matrix: multisets of ``rows`` non-empty subsets of the columns whose
    union is all of them, by inclusion and exclusion of the columns left empty:

        sum_j (-1)^j C(columns, j) C(2^(columns - j) - 2 + rows, rows)
    """
    return sum(
        (-1) ** left * comb(columns, left) * comb(2 ** (columns - left) - 2 + rows, rows)
        for left in range(columns)
    )


@cache
def supports(rows: int, columns: int) -> NDArray[np.bool_]:
    """All supports [n, rows, columns] of a matrix, those with the fewest weights first."""
    every = 2**columns - 1
    codes = [
        chosen
        for chosen in combinations_with_replacement(range(1, every + 1), rows)
        if np.bitwise_or.reduce(chosen) == every
    ]
    bits = (np.array(codes)[:, :, None] >> np.arange(columns)) & 1
    return bits[np.argsort(bits.sum(axis=(1, 2)), kind="stable")].astype(bool)


def num_network_supports(sizes: Sequence[int]) -> int:
    """Number of networks that differ in the supports of their hidden matrices."""
    return prod(num_supports(*shape) for shape in _hidden(sizes))


def network_supports(sizes: Sequence[int], numbers: Sequence[int]) -> Masks:
    """Masks of networks by the supports of their hidden matrices; the last one varies fastest."""
    each = [supports(*shape) for shape in _hidden(sizes)]
    chosen = np.unravel_index(np.asarray(numbers), [len(one) for one in each])
    output = np.ones((len(numbers), sizes[-1], sizes[-2]), bool)
    return [*(one[index] for one, index in zip(each, chosen, strict=True)), output]


def _hidden(sizes: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(sizes[1:-1], sizes[:-2], strict=True))
