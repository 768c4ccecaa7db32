"""MNIST: 60,000 + 10,000 handwritten digits, 28x28."""

from pathlib import Path

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.idx_images import PublishedIdx

CONFIG = DatasetConfig

PUBLISHED = PublishedIdx("MNIST")


def files(config: DatasetConfig, data_dir: str) -> list[Path]:
    return PUBLISHED.files(data_dir)


def load(config: DatasetConfig, data_dir: str, seed: int) -> Dataset:
    return PUBLISHED.read(data_dir, config.name)
