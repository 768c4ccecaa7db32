"""The order in which each replica is trained on its examples.

In: the data and stream keys. Out: indices, update by update. Knows no epoch of Lightning's.
"""

import math

import torch
from torch import Tensor

from pruning_phases.ensemble.device_data import DeviceData
from pruning_phases.streams import derive_several, permutations


class DataOrder:
    """The order in which each replica sees its examples: one permutation per epoch.

    Batches are taken from the concatenated epochs. So every batch is full for any training-set
    size, and every example is used once before any is used again.
    """

    def __init__(self, data: DeviceData, batch_size: int) -> None:
        self.data = data
        self.batch_size = batch_size
        self._sizes = data.sizes.tolist()
        self._latest: dict[
            int, tuple[int, Tensor]
        ] = {}  # replica: number and order of its last epoch

    def start(self, keys: Tensor) -> None:
        """Restart with the streams ``keys`` [R, 2]."""
        self._keys = keys
        self._latest = {}

    def updates(self, first: int, count: int) -> Tensor:
        """Indices into the training images, [count, R, B], of ``count`` updates."""
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
        """Concatenate the epochs first to end - 1 of replica r.

        The last epoch is kept, since the next block of updates continues it. Many epochs of a few
        examples are sampled at once."""
        latest, kept = self._latest.get(r, (None, None))
        epochs = [kept] if kept is not None and latest == first else []
        if (begin := first + len(epochs)) < end:
            keys = derive_several(self._keys[r], begin, end)
            epochs.append(permutations(keys, self._sizes[r]).flatten())
        self._latest[r] = end - 1, epochs[-1][-self._sizes[r] :]
        return torch.cat(epochs)


def updates_per_epoch(train_size: int, batch_size: int) -> int:
    return math.ceil(train_size / batch_size)
