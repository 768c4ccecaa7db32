"""Enumeration of sparse networks: published counts, and every mask by brute force."""

from itertools import permutations, product

import numpy as np
import pytest

from pruning_phases.topology.enumeration import (
    block_widths,
    blocks,
    network_supports,
    num_blocks,
    num_network_supports,
    num_supports,
    supports,
)


@pytest.mark.parametrize(
    ("hidden", "count"), [((3, 2, 2), 8 * 13 * 4), ((3, 3, 3), 8 * 57 * 57)], ids=str
)
def test_the_counts_of_supports_are_the_published_ones(hidden, count):
    sizes = (2, *hidden, 1)
    assert num_network_supports(sizes) == count
    masks = network_supports(sizes, range(count))
    assert [mask.shape[1:] for mask in masks] == [
        (out, into) for out, into in zip(sizes[1:], sizes[:-1], strict=True)
    ]
    flat = np.concatenate([mask.reshape(count, -1) for mask in masks], axis=1)
    assert len(np.unique(flat, axis=0)) == count
    assert all(mask.any(axis=1).all() and mask.any(axis=2).all() for mask in masks)
    assert masks[-1].all()


@pytest.mark.parametrize(
    ("rows", "columns"), [(1, 1), (1, 3), (3, 1), (2, 2), (2, 3), (3, 2), (3, 3), (4, 2), (2, 4)]
)
def test_supports_are_those_of_brute_force_up_to_row_permutations(rows, columns):
    classes = set()
    for bits in product((0, 1), repeat=rows * columns):
        matrix = np.array(bits, bool).reshape(rows, columns)
        if matrix.any(axis=0).all() and matrix.any(axis=1).all():
            classes.add(min(matrix[list(order)].tobytes() for order in permutations(range(rows))))
    found = supports(rows, columns)
    here = {min(one[list(order)].tobytes() for order in permutations(range(rows))) for one in found}
    assert len(found) == num_supports(rows, columns) == len(classes)
    assert here == classes
    counts = found.sum(axis=(1, 2))
    assert (np.diff(counts) >= 0).all()
    assert counts[0] == max(rows, columns) and counts[-1] == rows * columns


def test_every_network_without_an_empty_row_or_column_is_in_the_enumeration():
    """Up to permutations of the hidden units: (2, 2, 2, 1) by brute force."""
    sizes = (2, 2, 2, 1)

    def canonical(first, second):
        return min(
            (first[list(p)].tobytes(), second[list(q)][:, list(p)].tobytes())
            for p in permutations(range(2)) for q in permutations(range(2))
        )  # fmt: skip

    matrices = [
        matrix for bits in product((0, 1), repeat=4)
        if (matrix := np.array(bits, bool).reshape(2, 2)).any(0).all() and matrix.any(1).all()
    ]  # fmt: skip
    every = {canonical(first, second) for first in matrices for second in matrices}
    count = num_network_supports(sizes)
    first, second, _ = network_supports(sizes, range(count))
    found = {canonical(*pair) for pair in zip(first, second, strict=True)}
    assert found == every
    assert len(every) <= count


def test_blocks_are_the_dense_networks_of_all_widths():
    sizes = (2, 16, 16, 16, 1)
    assert num_blocks(sizes) == 4096
    widths = block_widths(sizes, range(4096))
    assert len(np.unique(widths, axis=0)) == 4096
    assert widths.min() == 1 and widths.max() == 16
    numbers = [0, 17, 4095]
    masks = blocks(sizes, numbers)
    for row, hidden in enumerate(widths[numbers]):
        ends = [2, *hidden, 1]
        for mask, out, into in zip(masks, ends[1:], ends[:-1], strict=True):
            assert mask[row].sum() == out * into
            assert mask[row, :out, :into].all()
