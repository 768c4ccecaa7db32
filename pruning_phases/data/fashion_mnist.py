"""Fashion-MNIST: 60,000 + 10,000 pieces of clothing, 28x28."""

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.idx_images import read

CONFIG = DatasetConfig


def load(config: DatasetConfig, data_dir: str, seed: int) -> Dataset:
    return read("FashionMNIST", config.name, data_dir)
