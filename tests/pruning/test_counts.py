"""Numbers of surviving weights per round and per layer."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.pruning.counts import geometric_rounds, layer_counts


@settings(deadline=None)
@given(num_surviving=st.integers(1, 10**7), data=st.data())
def test_rounds_fall_strictly_to_the_number_kept(num_surviving, data):
    num_kept = data.draw(st.integers(0, num_surviving - 1))
    num_rounds = data.draw(st.integers(1, 200))
    counts = geometric_rounds(num_surviving, num_kept, num_rounds)
    assert counts[-1] == num_kept and 1 <= len(counts) <= num_rounds
    for before, after in zip([num_surviving, *counts], counts, strict=False):
        assert after < before


def test_every_round_prunes_the_same_fraction():
    counts = geometric_rounds(10**6, 10**3, 30)
    assert len(counts) == 30
    for done, count in enumerate(counts, 1):
        assert count == pytest.approx(10 ** (6 - done / 10), abs=0.5)


def test_rounds_that_would_prune_nothing_are_left_out():
    assert geometric_rounds(3, 1, 100) == [2, 1]
    assert geometric_rounds(2, 1, 100) == [1]


def test_the_last_round_may_empty_the_network():
    counts = geometric_rounds(64, 0, 6)
    assert counts == [32, 16, 8, 4, 2, 0]


def test_the_largest_remainders_are_rounded_up_then_earlier_layers():
    assert layer_counts(5, [10, 10, 10], [10, 10, 10]) == [2, 2, 1]  # 5/3 each
    assert layer_counts(3, [10, 16, 4], [10, 16, 4]) == [1, 2, 0]  # 1, 1.6, 0.4


def test_what_a_pruned_layer_lacks_is_kept_in_the_others():
    assert layer_counts(6, [10, 10], [1, 10]) == [1, 5]
    assert layer_counts(3, [10, 10, 10], [0, 0, 3]) == [0, 0, 3]


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 50), min_size=2, max_size=5), data=st.data())
def test_an_uneven_loss_of_weights_leaves_the_sum_exact(sizes, data):
    surviving = [data.draw(st.integers(0, size)) for size in sizes]
    num_kept = data.draw(st.integers(0, sum(surviving)))
    counts = layer_counts(num_kept, sizes, surviving)
    assert sum(counts) == num_kept
    for count, most, size in zip(counts, surviving, sizes, strict=True):
        assert min(most, math.floor(num_kept * size / sum(sizes))) <= count <= most
