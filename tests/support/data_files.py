"""Small data sets in the published layouts, written by the tests that read them."""

import hashlib
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from pruning_phases.config.run import Config
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.registry import data_sets, load


def write_idx(path: Path, array: np.ndarray, code: int = 8) -> Path:
    """A file of bytes in IDX format; ``code`` is the type that its header states."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">BBBB{array.ndim}i", 0, 0, code, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())
    return path


def write_idx_set(
    folder: Path, names: tuple[str, str] = ("train", "t10k"), classes: int = 10, first: int = 0
) -> Path:
    """30 training and 20 test images of 28x28 pixels; the test labels reach the last class."""
    for name, count in zip(names, (30, 20), strict=True):
        images = np.arange(count * 784).reshape(count, 28, 28) % 251
        labels = classes - 1 - np.arange(count) % classes + first
        write_idx(folder / f"{name}-images-idx3-ubyte", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", labels)
    return folder


def write_digits_as_mnist(data_dir: Path) -> Path:
    """scikit-learn's digits with 28x28 pixels, in the files of MNIST and of KMNIST."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.pad(np.kron(digits.images * 15, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2)))
    for name in ("MNIST", "KMNIST"):
        for part, rows in (("train", slice(0, 1400)), ("t10k", slice(1400, None))):
            folder = data_dir / name / "raw"
            write_idx(folder / f"{part}-images-idx3-ubyte", images[rows])
            write_idx(folder / f"{part}-labels-idx1-ubyte", digits.target[rows])
    return data_dir


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def colors(count: int, seed: int = 0) -> np.ndarray:
    """Random images [count, 3, 32, 32]."""
    generator = np.random.default_rng(seed)
    return generator.integers(256, size=(count, 3, 32, 32), dtype=np.uint8)


def loaded(option: str, data_dir: object = "", **keys: Any) -> Dataset:
    """Data set of an option with these keys of its group, read and checked as for a run."""
    dataset = data_sets()[option].CONFIG(name=option, **keys)
    return load(cast(Config, SimpleNamespace(dataset=dataset, data_dir=str(data_dir), seed=0)))
