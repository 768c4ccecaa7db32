"""The data set as tensors on the device, and the training examples of each replica.

In: a data set and stream keys. Out: standardized images, labels, indices. Knows no configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.data.dataset import Dataset
from pruning_phases.ensemble.images import Images
from pruning_phases.errors import UserError
from pruning_phases.streams import permutations

REPLICAS_AT_ONCE = 16  # that draw from all examples: a permutation of these takes memory


@dataclass
class DeviceData:
    """Standardized images and labels [n], and the examples of each replica.

    All replicas share the validation set, which is taken from the training set first. Replica r
    trains on the examples ``subset[r, : sizes[r]]``. In memory the channels are innermost, the
    layout in which convolutions run faster.
    """

    train: Images
    train_y: Tensor
    clean_y: Tensor  # the training labels without label noise
    test: Images
    test_y: Tensor
    validation: Tensor  # [V] indices into train
    subset: Tensor  # [R, max N] indices into train
    sizes: Tensor  # [R]

    def train_images(self, indices: Tensor) -> Tensor:
        """[...] indices -> [..., channels, height, width], channels innermost in memory."""
        images = self.train.numbers.movedim(1, -1)
        found = images.index_select(0, indices.flatten())
        return found.view(*indices.shape, *images.shape[1:]).movedim(-1, -3)

    def to(self, device: torch.device) -> DeviceData:
        return replace(self, **{name: value.to(device) for name, value in vars(self).items()})


def device_data(
    dataset: Dataset,
    validation_fraction: float,
    validation_key: Tensor,
    subset_keys: Tensor,
    train_sizes: Sequence[int | None],
) -> DeviceData:
    """Standardize by the training images' mean and deviation, and sample the splits.

    validation_key: [2]; subset_keys: [R, 2]; train_sizes: one per replica, None for the full set.
    """
    train, test = _standardized(_Same(dataset.train_images), _Same(dataset.test_images))
    sizes = actual_sizes(len(train), validation_fraction, train_sizes)
    shuffled = permutations(validation_key, len(train))
    count = num_validation(len(train), validation_fraction)
    validation, pool = shuffled[:count], shuffled[count:].sort().values
    order = torch.cat(
        [
            permutations(keys, len(pool))[:, : max(sizes)]
            for keys in subset_keys.split(REPLICAS_AT_ONCE)
        ]
    )
    clean = dataset.train_labels if dataset.clean_labels is None else dataset.clean_labels
    return DeviceData(
        train=train,
        train_y=torch.as_tensor(dataset.train_labels),
        clean_y=torch.as_tensor(clean),
        test=test,
        test_y=torch.as_tensor(dataset.test_labels),
        validation=validation,
        subset=pool[order],
        sizes=torch.tensor(sizes),
    )


class _Same:
    """A cache key for an array: equal only for the same object."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __hash__(self) -> int:
        return id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.array is other.array


@lru_cache(maxsize=2)  # a sweep alternates between few data sets
def _standardized(train_images: _Same, test_images: _Same) -> tuple[Images, Images]:
    """Standardize both by the training images' mean and deviation."""
    arrays = [torch.as_tensor(images.array) for images in (train_images, test_images)]
    numbers = [array.movedim(1, -1).contiguous().to(torch.float32, copy=True) for array in arrays]
    deviation, mean = torch.std_mean(numbers[0])
    scale = 1 / deviation
    train, test = (
        Images(
            number.sub_(mean).mul_(scale).movedim(-1, 1),
            *((array, mean.numpy()[()], scale.numpy()[()]) if array.dtype == torch.uint8 else ()),
        )
        for number, array in zip(numbers, arrays, strict=True)
    )
    return train, test


def actual_sizes(
    num_train: int, validation_fraction: float, train_sizes: Sequence[int | None]
) -> list[int]:
    """Resolve None to the full training set. Raises UserError if a size exceeds it."""
    held_out = num_validation(num_train, validation_fraction)
    left = num_train - held_out
    sizes = [left if size is None else size for size in train_sizes]
    for size in sizes:
        if not 1 <= size <= left:
            key = "train_size" if len(set(sizes)) == 1 else "train_sizes"
            raise UserError(
                f"dataset.{key}={size}: {left} training examples are left beside the "
                f"{held_out} for validation: give 1 to {left}, or null for all"
            )
    return sizes


def num_validation(num_train: int, validation_fraction: float) -> int:
    return max(1, round(num_train * validation_fraction))
