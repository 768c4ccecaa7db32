"""A data set in memory: images, labels and the published split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
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
    clean_labels: NDArray[np.int64] | None = None  # of the training images, before label noise

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.train_images.shape[1:]

    @cached_property
    def digest(self) -> str:
        """Tells one set of examples from another, whatever folder they came from."""
        parts = (self.train_images, self.train_labels, self.test_images, self.test_labels)
        content = hashlib.blake2b(digest_size=8)
        for part in parts:
            content.update(np.ascontiguousarray(part).data)
        return content.hexdigest()


def with_label_noise(dataset: Dataset, share: float, seed: int) -> Dataset:
    """The given share of the training labels, exactly rounded, replaced by one of the other
    classes, each with equal probability; the test labels stay. Which are, the seed decides."""
    from pruning_phases.streams import stream_key

    generator = np.random.default_rng(stream_key(seed, "label_noise"))
    count = len(dataset.train_labels)
    chosen = generator.permutation(count)[: round(share * count)]
    noisy = dataset.train_labels.copy()
    shift = generator.integers(1, dataset.num_classes, size=len(chosen))
    noisy[chosen] = (noisy[chosen] + shift) % dataset.num_classes
    return replace(dataset, train_labels=noisy, clean_labels=dataset.train_labels)
