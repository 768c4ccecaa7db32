"""Random streams: an address fixes the numbers, and two addresses share none."""

import numpy as np
import pytest
import torch
from scipy import stats

from pruning_phases import streams
from pruning_phases.streams import derive, key_words, permutations, random_bits, stream_key


def test_the_key_of_an_address_is_frozen_and_unique():
    assert stream_key(0, 3, "order", 7) == 0x31AFBCA23A847F5F
    addresses = [(0, 1, "a", 2), (0, 12, "a", 2), (1, 1, "a", 2), (0, 1, "b", 2), (0, "1", "a", 2)]
    assert len({stream_key(*address) for address in addresses}) == len(addresses)


def test_bits_are_uniform_and_independent_between_keys_and_counters():
    keys = key_words([stream_key(0, r, "test") for r in range(2)])
    counter = torch.arange(100_000, dtype=torch.int32)
    bits = (random_bits(keys[:, None, :], counter) & 0x7FFFFFFF).double() / 2**31
    for row in bits.numpy():
        assert stats.kstest(row, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(bits[0], bits[1])[0, 1]) < 0.01
    assert abs(np.corrcoef(bits[0, 1:], bits[0, :-1])[0, 1]) < 0.01


def test_every_bit_is_fair():
    key = key_words([stream_key("bits")])[0]
    bits = random_bits(key, torch.arange(1 << 16, dtype=torch.int32)).numpy().view(np.uint32)
    for position in range(32):
        ones = int(((bits >> position) & 1).sum())
        assert stats.binomtest(ones, 1 << 16).pvalue > 1e-4, position


def test_permutations_are_permutations_and_uniform_over_keys():
    keys = key_words([stream_key(r) for r in range(6000)])
    orders = permutations(keys, 3)
    assert torch.equal(orders.sort(dim=1).values, torch.arange(3).expand(6000, 3))
    code = (orders * torch.tensor([9, 3, 1])).sum(dim=1).numpy()
    _, counts = np.unique(code, return_counts=True)
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize("bits", [0x7FFFFFFF, 0xFF])
@pytest.mark.parametrize("form", ["cpu", "accelerator"])
def test_permutations_sort_by_all_62_bits_also_where_many_are_equal(monkeypatch, rows, bits, form):
    monkeypatch.setattr(streams, "BITS", bits)
    if form == "accelerator":
        monkeypatch.setattr(streams, "_sorted_on_cpu", streams._sorted)
    keys = key_words([stream_key(r) for r in range(rows)])
    high, low = (
        random_bits(streams.derive(keys, number)[:, None], torch.arange(5000).int()).long() & bits
        for number in range(2)
    )
    expected = ((high << 31) | low).argsort(dim=1, stable=True)
    assert torch.equal(permutations(keys, 5000), expected)
    assert torch.equal(permutations(keys[0], 5000), expected[0])


def test_two_seeds_share_no_epoch_order():
    orders = {
        tuple(
            permutations(
                derive(key_words([stream_key(seed, 0, "order", 0)])[0], epoch), 50
            ).tolist()
        )
        for seed in range(2)
        for epoch in range(30)
    }
    assert len(orders) == 60


@pytest.mark.parametrize("number", [0, 1, 1000])
def test_several_derived_streams_are_those_one_by_one(number):
    key = key_words([stream_key(1)])[0]
    several = streams.derive_several(key, number, number + 5)
    for i, one in enumerate(several):
        assert torch.equal(one, derive(key, number + i))
    assert streams.derive_several(key, 3, 3).shape == (0, 2)


@pytest.mark.parametrize("number", [0, 3, 70000])
def test_derived_streams_differ_and_do_not_depend_on_their_neighbours(number):
    keys = key_words([stream_key(r) for r in range(4)])
    together = derive(keys, number)
    assert torch.equal(together[2], derive(keys[2], number))
    assert len({tuple(row) for row in torch.cat([keys, together]).tolist()}) == 8
