"""The data as tensors on the device, each replica's own share of it, and its own order."""

from __future__ import annotations

import torch
from torch import Tensor

from pruning_phases.ensemble.data import DeviceData
from pruning_phases.streams import derive, permutations


class DataOrder:
    """The order in which each replica sees its examples: epoch after epoch, each a permutation.

    Batches are cut from the joined epochs, so every batch is full, whatever the training-set sizes
    are, and every example is seen once before any is seen again.
    """

    def __init__(self, data: DeviceData, batch_size: int) -> None:
        self.data = data
        self.batch_size = batch_size
        self._sizes = data.sizes.tolist()
        self._latest: dict[int, tuple[int, Tensor]] = {}  # replica: number and order of an epoch

    def start(self, keys: Tensor) -> None:
        """Begin anew with the streams ``keys`` [R, 2]."""
        self._keys = keys
        self._latest = {}

    def updates(self, first: int, count: int) -> Tensor:
        """Indices into the training images, [count, R, B], of the updates from ``first`` on."""
        rows = [self._replica(r, first, count) for r in range(len(self._sizes))]
        return torch.stack(rows, dim=1)

    def _replica(self, r: int, first: int, count: int) -> Tensor:
        size, batch = self._sizes[r], self.batch_size
        if count == 0:
            return self.data.subset.new_empty(0, batch)
        begin, end = first * batch, (first + count) * batch
        joined = self._joined_epochs(r, begin // size, -(-end // size))
        offset = begin - begin // size * size
        return self.data.subset[r][joined[offset : offset + end - begin]].view(count, batch)

    def _joined_epochs(self, r: int, first: int, end: int) -> Tensor:
        """Epochs first to end - 1 of replica r, one after the other. The latest one is kept, since
        chunks of updates share it; many epochs of a few examples are drawn at once."""
        latest, kept = self._latest.get(r, (None, None))
        parts = [kept] if kept is not None and latest == first else []
        if (begin := first + len(parts)) < end:
            numbers = torch.arange(begin, end, dtype=torch.int32, device=self._keys.device)
            parts.append(permutations(derive(self._keys[r], numbers), self._sizes[r]).flatten())
        self._latest[r] = end - 1, parts[-1][-self._sizes[r] :]
        return torch.cat(parts)
