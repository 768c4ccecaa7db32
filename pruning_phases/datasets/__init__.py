"""The data sets, read whole into memory, by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """Images [n, channels, height, width] uint8 or float, labels [n] int64; the published split."""

    train_images: NDArray[Any]
    train_labels: NDArray[np.int64]
    test_images: NDArray[Any]
    test_labels: NDArray[np.int64]
    num_classes: int

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.train_images.shape[1:]

    def digest(self) -> str:
        """Tells one set of examples from another, whatever folder they came from."""
        parts = (self.train_images, self.train_labels, self.test_images, self.test_labels)
        content = hashlib.blake2b(digest_size=8)
        for part in parts:
            content.update(np.ascontiguousarray(part).data)
        return content.hexdigest()


def load(name: str, data_dir: str) -> Dataset:
    """The data set of that name; those that are downloaded live in ``data_dir``."""
    if name == "digits":
        from pruning_phases.datasets import digits

        return digits.load()
    from pruning_phases.datasets import idx_images

    return idx_images.load(name, data_dir)
