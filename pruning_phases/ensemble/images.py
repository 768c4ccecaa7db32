"""Images of a data set: as standardized numbers, and for the sparse form as bytes and in tiles.

In: tensors. Out: rows and tiles. Knows no label and no replica.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.ensemble.tile_kernels import TILE


@dataclass(frozen=True, eq=False)
class Images:
    """Standardized images [n, channels, ...], in whose memory the channels are innermost.

    Where they were made from bytes, ``bytes`` has these on the CPU; then each number is
    (byte - mean) * scale, rounded after every operation.
    """

    numbers: Tensor
    bytes: Tensor | None = None
    mean: np.float32 = np.float32(0)
    scale: np.float32 = np.float32(1)

    def __len__(self) -> int:
        return len(self.numbers)

    def part(self, which: slice) -> Images:
        few = None if self.bytes is None else self.bytes[which]
        return replace(self, numbers=self.numbers[which], bytes=few)

    def to(self, device: torch.device) -> Images:
        if self.numbers.device == device:
            return self
        return replace(self, numbers=self.numbers.to(device))

    @property
    def num_bytes(self) -> int:
        """Bytes of all forms, the tiles included."""
        return self.numbers.nbytes + self.smallest.nbytes * (1 if self.bytes is None else 2)

    @property
    def smallest(self) -> Tensor:
        """The form that takes least memory."""
        return self.numbers if self.bytes is None else self.bytes

    @cached_property
    def rows(self) -> NDArray:
        """Rows of bytes or of numbers, [n, inputs], the channels innermost."""
        return self.smallest.movedim(1, -1).reshape(len(self), -1).numpy()

    @cached_property
    def tiles(self) -> NDArray:
        """Bytes or numbers as [tiles, inputs, TILE], the inputs as [channels, ...]; 0 beyond the
        last example."""
        own = self.smallest.flatten(1).numpy()
        rows = np.zeros((-(-len(own) // TILE) * TILE, own.shape[1]), own.dtype)
        rows[: len(own)] = own
        tiles = rows.reshape(-1, TILE, rows.shape[1]).transpose(0, 2, 1)
        return np.ascontiguousarray(tiles)
