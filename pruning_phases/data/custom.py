"""Data set of a user's own, by its import path.

``load`` names a function: load(data_dir, seed, **options) -> ``Dataset`` of ``data/dataset.py``.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import MISSING

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import key
from pruning_phases.data.dataset import ARRAYS, Dataset, Sources
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


def files(config: CustomDatasetConfig, data_dir: str) -> list[Path]:
    """Unknown, so that the function is called wherever its data are compared."""
    return []


def load(config: CustomDatasetConfig, data_dir: str, seed: int) -> Dataset:
    """Load the data set. ``registry.load`` checks its arrays, as those of every data set."""
    with reported(KEY, config.load):
        found = resolve(config.load, KEY).value(data_dir, seed, **config.options)
        if not isinstance(found, Dataset):
            expected = f"that it returns a {Dataset.__module__}:{Dataset.__name__}"
            raise Fault(config.load, f"expected {expected}, got {described(found)}")
        if type(found.num_classes) is not int or found.num_classes < 2:
            got = described(found.num_classes)
            raise Fault(config.load, f"expected num_classes of 2 or more, got {got}")
        for name in ARRAYS:
            array = getattr(found, name)
            if not isinstance(array, np.ndarray):
                got = described(array)
                raise Fault(config.load, f"expected {name} as a numpy array, got {got}")
    names = {name: f"{KEY}={config.load}: {name}" for name in ARRAYS}
    return replace(found, sources=Sources(**names, cure="correct the function"))
