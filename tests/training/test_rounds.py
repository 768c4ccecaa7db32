"""Blocks of a round: all its updates once, in their order."""

import pytest
import torch

from pruning_phases.ensemble.data_order import DataOrder
from pruning_phases.training.rounds import ReplicaDataModule, RoundSource
from tests.ensemble.test_data_order import keys, small_data


def source_of(first, count, block_size):
    order = DataOrder(small_data([64]), 16)
    order.start(keys("order", 1))
    source = RoundSource(order, block_size)
    source.first, source.count = first, count
    return source


@pytest.mark.parametrize(
    ("first", "count", "block_size", "sizes"),
    [(3, 9, 4, [4, 4, 1]), (0, 8, 4, [4, 4]), (5, 1, 4, [1]), (0, 3, 32, [3]), (2, 3, 1, [1] * 3)],
)
def test_a_round_is_its_blocks_in_their_order(first, count, block_size, sizes):
    source = source_of(first, count, block_size)
    blocks = list(source)
    assert [len(block) for block in blocks] == sizes
    assert torch.equal(torch.cat(blocks), source_of(0, 0, 1).order.updates(first, count))


def test_a_round_without_updates_is_one_empty_block():
    """Lightning skips the hooks of an epoch without batches."""
    for first in (0, 7):
        assert [block.shape for block in source_of(first, 0, 4)] == [(0, 1, 16)]


def test_lightning_gets_the_blocks_of_the_current_round():
    source = source_of(0, 2, 4)
    loader = ReplicaDataModule(source).train_dataloader()
    assert [len(block) for block in loader] == [2]
    source.first, source.count = 2, 3
    assert [len(block) for block in loader] == [3]
