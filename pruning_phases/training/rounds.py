"""The data as tensors on the device, each replica's own share of it, and its own order."""

from __future__ import annotations

from collections.abc import Iterator

from lightning import LightningDataModule
from torch import Tensor

from pruning_phases.ensemble.order import DataOrder


class ReplicaDataModule(LightningDataModule):
    """Feeds Lightning the index chunks of one round of updates after another."""

    def __init__(self, rounds: RoundSource) -> None:
        super().__init__()
        self.rounds = rounds

    def train_dataloader(self) -> RoundSource:
        return self.rounds


class RoundSource:
    """Iterating over it gives the chunks of the round that is due: [updates, R, B] indices each.

    A round without updates is one empty chunk, since Lightning skips the hooks of an empty epoch.
    """

    def __init__(self, order: DataOrder, chunk_size: int) -> None:
        self.order = order
        self.chunk_size = chunk_size
        self.first = 0
        self.count = 0

    def __iter__(self) -> Iterator[Tensor]:
        end = self.first + self.count
        for begin in range(self.first, max(end, self.first + 1), self.chunk_size):
            yield self.order.updates(begin, min(self.chunk_size, end - begin))
