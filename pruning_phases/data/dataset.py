"""Data set in memory: images, labels and the published split."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError

# Images are standardized in float32, which holds the squares of numbers between these two.
SMALLEST, LARGEST = 1e-18, 1e18

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")

MANY_CLASSES = 1000  # more of them than training examples: a label is no number of a class


@dataclass(frozen=True)
class Sources:
    """Names of the four arrays in messages, such as their files, and the cure for a mistake."""

    train_images: str = "training images"
    train_labels: str = "training labels"
    test_images: str = "test images"
    test_labels: str = "test labels"
    cure: str = "correct the data set"


@dataclass(frozen=True)
class Dataset:
    """Images [n, channels, height, width] uint8 or float, labels [n] int64; the published split."""

    train_images: NDArray[Any]
    train_labels: NDArray[np.int64]
    test_images: NDArray[Any]
    test_labels: NDArray[np.int64]
    num_classes: int
    clean_labels: NDArray[np.int64] | None = None  # of the training images, before label noise
    sources: Sources = Sources()
    has_test_set: bool = True  # False: the test examples are the training examples
    relevant_inputs: tuple[int, ...] = ()  # those that the labels depend on, where this is known

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


def num_classes_of(*labels: NDArray[np.int64]) -> int:
    """One more than the largest label, so that classes without an example count, too."""
    return 1 + max((int(part.max()) for part in labels if part.size), default=0)


def check(dataset: Dataset) -> None:
    """Raise UserError in one line that names the file if the arrays contradict each other."""
    for contradiction in _contradictions(dataset):
        raise UserError(f"{contradiction}: {dataset.sources.cure}")


def _contradictions(dataset: Dataset) -> Iterator[str]:
    names, classes = dataset.sources, dataset.num_classes
    train, test = dataset.train_images, dataset.test_images
    # One training example is kept for validation.
    yield from _of_images(train, names.train_images, at_least=2)
    yield from _of_images(test, names.test_images, at_least=1)
    if train.shape[1:] != test.shape[1:]:
        yield (
            f"{names.train_images} has images of shape {_by(train.shape[1:])} (channels, height, "
            f"width) and {names.test_images} of shape {_by(test.shape[1:])}"
        )
    if train.dtype.kind != test.dtype.kind:
        yield (
            f"{names.train_images} has pixels of type {train.dtype} and {names.test_images} of "
            f"type {test.dtype}, which differ in scale"
        )
    low, high = float(train.min()), float(train.max())
    if high - low <= max(SMALLEST, 1e-6 * max(abs(low), abs(high))):
        yield f"{names.train_images}: all pixels are equal in float32 ({low:g} to {high:g})"
    for labels, name, images, images_name in (
        (dataset.train_labels, names.train_labels, train, names.train_images),
        (dataset.test_labels, names.test_labels, test, names.test_images),
    ):
        yield from _of_labels(labels, name, classes)
        if len(labels) != len(images):
            yield f"{name} has {len(labels)} labels and {images_name} {len(images)} images"
    if classes < 2:
        yield f"{names.train_labels} and {names.test_labels}: all labels are 0"
    if classes > max(MANY_CLASSES, len(train)):
        yield f"{names.train_labels}: {classes} classes, and {len(train)} training examples"


def _of_images(images: NDArray[Any], name: str, at_least: int) -> Iterator[str]:
    if images.dtype != np.uint8 and images.dtype not in (np.float16, np.float32, np.float64):
        yield f"{name}: pixels of type {images.dtype}, not uint8 or float"
    if images.ndim != 4:
        yield f"{name} has shape {_by(images.shape)}, not examples x channels x height x width"
    if len(images) < at_least:
        yield f"{name}: {len(images)} images, and {at_least} or more are needed"
    if not images.size:
        yield f"{name}: images of {_by(images.shape[2:])} pixels"
    # NaN makes the comparison false.
    if not (float(images.min()) >= -LARGEST and float(images.max()) <= LARGEST):
        yield f"{name}: pixels that are NaN, infinite or beyond {LARGEST:g}"


def _of_labels(labels: NDArray[Any], name: str, num_classes: int) -> Iterator[str]:
    if labels.dtype != np.int64 or labels.ndim != 1:
        yield f"{name}: labels of type {labels.dtype} and shape {_by(labels.shape)}, not int64"
    if len(labels) and labels.min() < 0:
        yield f"{name}: label {labels.min()} is negative"
    if len(labels) and labels.max() >= num_classes:
        yield f"{name}: label {labels.max()} is none of the classes 0 to {num_classes - 1}"


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def with_classes(dataset: Dataset, num_classes: int) -> Dataset:
    """Keep the classes 0 to num_classes - 1. Raises UserError if there are fewer."""
    if num_classes > dataset.num_classes:
        raise UserError(
            f"dataset.num_classes={num_classes}: the data set has {dataset.num_classes} classes"
        )
    train, test = (labels < num_classes for labels in (dataset.train_labels, dataset.test_labels))
    return replace(
        dataset, num_classes=num_classes,
        train_images=dataset.train_images[train], train_labels=dataset.train_labels[train],
        test_images=dataset.test_images[test], test_labels=dataset.test_labels[test],
    )  # fmt: skip


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
