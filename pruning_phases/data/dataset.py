"""Data set in memory: images, labels and the published split."""

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
        """Hash of the examples, independent of the folder they came from."""
        parts = (self.train_images, self.train_labels, self.test_images, self.test_labels)
        content = hashlib.blake2b(digest_size=8)
        for part in parts:
            content.update(np.ascontiguousarray(part).data)
        return content.hexdigest()


def with_label_noise(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """Replace a fraction of the training labels by other classes, each with equal probability.

    Exactly round(fraction * n) labels change; the seed decides which. Test labels stay.
    """
    from pruning_phases.streams import stream_key

    generator = np.random.default_rng(stream_key(seed, "label_noise"))
    count = len(dataset.train_labels)
    chosen = generator.permutation(count)[: round(fraction * count)]
    noisy = dataset.train_labels.copy()
    shift = generator.integers(1, dataset.num_classes, size=len(chosen))
    noisy[chosen] = (noisy[chosen] + shift) % dataset.num_classes
    return replace(dataset, train_labels=noisy, clean_labels=dataset.train_labels)
