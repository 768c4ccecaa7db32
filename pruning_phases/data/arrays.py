"""Images or feature vectors of one's own, in one NumPy file (.npz)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import key
from pruning_phases.data.dataset import ARRAYS, Dataset, Sources, num_classes_of
from pruning_phases.data.published import stamps
from pruning_phases.errors import UserError, first_line
from pruning_phases.file_path import expanded

CURE = "correct the file, or give another dataset.file"


@dataclass
class ArraysConfig(DatasetConfig):
    file: str | None = key(
        None, "NumPy file (.npz) of the arrays train_images, train_labels, test_images and "
        "test_labels; relative to the working directory", path=True,
    )  # fmt: skip


CONFIG = ArraysConfig


def files(config: ArraysConfig, data_dir: str) -> list[Path]:
    """The one file. Raises UserError if it is missing."""
    if config.file is None:
        raise UserError(f"dataset.file has no value: give a .npz file of {', '.join(ARRAYS)}")
    path = expanded(config.file)
    if not path.is_file():
        raise UserError(
            f"dataset.file={config.file}: no file {path.absolute()}: give a .npz file of "
            f"{', '.join(ARRAYS)}"
        )
    return [path]


def load(config: ArraysConfig, data_dir: str, seed: int) -> Dataset:
    """Images [n, height, width], [n, channels, height, width] or [n, features], uint8 or float.

    A vector of features is an image of one row. Labels [n] are whole numbers; the number of classes
    is one more than the largest label. No Python object in the file is read, since that could
    execute what the file contains.
    """
    return _read(stamps(files(config, data_dir))[0])


@lru_cache(maxsize=2)  # the runs of a sweep alternate between few data sets
def _read(stamp: tuple[Path, int, int]) -> Dataset:
    path = stamp[0]
    arrays = _arrays(path)
    names = {name: f"{path}: {name}" for name in ARRAYS}
    train, test = (_as_images(arrays[name], names[name]) for name in ARRAYS[::2])
    train_labels, test_labels = (_as_labels(arrays[name], names[name]) for name in ARRAYS[1::2])
    return Dataset(
        train, train_labels, test, test_labels, num_classes_of(train_labels, test_labels),
        sources=Sources(**names, cure=CURE),
    )  # fmt: skip


def _arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    """The four arrays. Raises UserError if one is missing or cannot be read."""
    where = f"{path}"
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            stored = [] if isinstance(archive, np.ndarray) else archive.files
            arrays = {}
            for name in (name for name in ARRAYS if name in stored):
                where = f"{path}: {name}"
                arrays[name] = archive[name]
    except Exception as error:  # of many kinds, from zipfile, zlib, the parser of numpy's header
        # numpy continues with the advice to read what could be executed.
        reason = first_line(error).partition(". ")[0]
        raise UserError(f"{where} cannot be read ({reason}): {CURE}") from error
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        found = ", ".join(stored) or "one array without a name"
        raise UserError(f"{path} has no array {missing[0]} (it has {found}): {CURE}")
    return arrays


def _as_images(array: NDArray[Any], name: str) -> NDArray[Any]:
    """[n, channels, height, width] in this machine's order of bytes."""
    shape = "x".join(map(str, array.shape))
    if array.ndim not in (2, 3, 4):
        raise UserError(
            f"{name} has the shape {shape or 'of a number'}: give [n, height, width], [n, "
            "channels, height, width] or [n, features]"
        )
    if array.ndim == 4 and array.shape[3] in (1, 3) and array.shape[1] > 4:
        raise UserError(
            f"{name} has the shape {shape}, with the channels last: give [n, channels, height, "
            "width]"
        )
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return np.expand_dims(native, tuple(range(1, 5 - array.ndim)))


def _as_labels(array: NDArray[Any], name: str) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu" or array.ndim != 1:
        shape = "x".join(map(str, array.shape))
        raise UserError(
            f"{name}: type {array.dtype} and shape {shape or 'of a number'}: give the number of "
            "the class of each image, a list of whole numbers"
        )
    return array.astype(np.int64)
