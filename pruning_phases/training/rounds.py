"""The updates of one round, as blocks of indices for Lightning.

In: a data order. Out: blocks [updates, R, B]. Knows no network.
"""

from __future__ import annotations

from collections.abc import Iterator

from lightning import LightningDataModule
from torch import Tensor

from pruning_phases.ensemble.data_order import DataOrder


class ReplicaDataModule(LightningDataModule):
    """Gives Lightning the blocks of one round after another."""

    def __init__(self, rounds: RoundSource) -> None:
        super().__init__()
        self.rounds = rounds

    def train_dataloader(self) -> RoundSource:
        return self.rounds


class RoundSource:
    """Iterates over the blocks of the current round: [updates, R, B] indices each.

    A round without updates is one empty block, since Lightning skips the hooks of an empty epoch.
    """

    def __init__(self, order: DataOrder, block_size: int) -> None:
        self.order = order
        self.block_size = block_size
        self.first = 0
        self.count = 0

    def __iter__(self) -> Iterator[Tensor]:
        end = self.first + self.count
        for begin in range(self.first, max(end, self.first + 1), self.block_size):
            yield self.order.updates(begin, min(self.block_size, end - begin))
