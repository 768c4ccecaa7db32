"""CIFAR-10: 50,000 + 10,000 color photographs of ten kinds of things, 32x32."""

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.data.cifar_files import read
from pruning_phases.data.dataset import Dataset

CONFIG = DatasetConfig


def load(config: DatasetConfig, data_dir: str, seed: int) -> Dataset:
    return read("CIFAR10", config.name, data_dir, num_classes=10)
