"""Data set of a user's own, by its import path.

``load`` names a function: load(data_dir, seed, **options) -> ``Dataset`` of ``data/dataset.py``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import MISSING

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import key
from pruning_phases.data.dataset import Dataset
from pruning_phases.import_path import Fault, described, refuse_call, reported, resolve

KEY = "dataset.load"


@dataclass
class CustomDatasetConfig(DatasetConfig):
    load: str = key(
        MISSING, "import path MODULE:NAME of a function that is called as "
        "NAME(data_dir, seed, **options) and returns a Dataset", import_path=True,
    )  # fmt: skip
    options: dict[str, Any] = key(dict, "keyword arguments for it, dataset.options.NAME=VALUE")

    def check(self) -> None:
        refuse_call(resolve(self.load, KEY), KEY, ("data_dir", "seed"), self.options)


CONFIG = CustomDatasetConfig


def load(config: CustomDatasetConfig, data_dir: str, seed: int) -> Dataset:
    """Load and check the data set. Raises UserError in one line."""
    with reported(KEY, config.load):
        found = resolve(config.load, KEY).value(data_dir, seed, **config.options)
        for expected, got in _faults(found):
            raise Fault(config.load, f"expected {expected}, got {got}")
    return found


def _faults(found: Any) -> list[tuple[str, str]]:
    """Differences from what ``Dataset`` promises: what was expected, what came."""
    if not isinstance(found, Dataset):
        kind = f"{Dataset.__module__}:{Dataset.__name__}"
        return [(f"that it returns a {kind}", described(found))]
    if type(found.num_classes) is not int or found.num_classes < 2:
        return [("num_classes as a whole number of 2 or more", described(found.num_classes))]
    faults: list[tuple[str, str]] = []
    for part in ("train", "test"):
        images, labels = getattr(found, f"{part}_images"), getattr(found, f"{part}_labels")
        faults += _faults_of_part(part, images, labels, found.num_classes)
    if not faults and found.test_images.shape[1:] != found.input_shape:
        expected = f"test images of the shape of the training images, {list(found.input_shape)}"
        faults.append((expected, str(list(found.test_images.shape[1:]))))
    return faults


def _faults_of_part(part: str, images: Any, labels: Any, num_classes: int) -> list[tuple[str, str]]:
    if not isinstance(images, np.ndarray) or images.ndim != 4 or not len(images):
        expected = f"{part}_images as an array [examples, channels, height, width]"
        return [(expected, described(images))]
    if images.dtype.kind not in "uif" or not np.isfinite(images).all():
        expected = f"{part}_images of finite numbers"
        return [(expected, f"{images.dtype} with NaN or infinity" if images.dtype.kind == "f"
                 else str(images.dtype))]  # fmt: skip
    if not isinstance(labels, np.ndarray) or labels.shape != images.shape[:1]:
        return [(f"{part}_labels as an array [{len(images)}]", described(labels))]
    if labels.dtype != np.int64:
        return [(f"{part}_labels of type int64", str(labels.dtype))]
    if labels.min() < 0 or labels.max() >= num_classes:
        got = f"{labels.min()} to {labels.max()}"
        return [(f"{part}_labels from 0 to {num_classes - 1} (num_classes={num_classes})", got)]
    return []
