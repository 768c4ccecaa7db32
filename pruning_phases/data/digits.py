"""scikit-learn's handwritten digits: 1,797 real 8x8 images that need no download.

The set has no published split, since it is itself the test half of the UCI set. Here a fixed fifth
of it, the same in every run, is the test set.
"""

from functools import cache

import numpy as np

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.data.dataset import Dataset

NUM_TEST = 360

SPLIT_SEED = 1797

CONFIG = DatasetConfig


def load(config: DatasetConfig, data_dir: str, seed: int) -> Dataset:
    return _digits()


@cache  # one set of arrays for all runs of a process
def _digits() -> Dataset:
    from sklearn.datasets import load_digits

    raw = load_digits()
    images = raw.images[:, None].astype(np.uint8)
    labels = raw.target.astype(np.int64)
    order = np.random.Generator(np.random.PCG64(SPLIT_SEED)).permutation(len(labels))
    test, train = order[:NUM_TEST], order[NUM_TEST:]
    return Dataset(images[train], labels[train], images[test], labels[test], num_classes=10)
