"""SVHN: 73,257 + 26,032 color photographs of digits of house numbers, 32x32."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.published import download, refuse_changed, sources, stamps
from pruning_phases.errors import UserError, first_line
from pruning_phases.file_path import expanded

CONFIG = DatasetConfig

SPLITS = ("train", "test")


def load(config: DatasetConfig, data_dir: str, seed: int) -> Dataset:
    """The files ``train_32x32.mat`` and ``test_32x32.mat`` of data_dir; the digit 0 is class 0."""
    from torchvision.datasets import SVHN

    root = expanded(data_dir)
    listed = [SVHN.split_list[split][1:] for split in SPLITS]
    checksums = {root / name: md5 for name, md5 in listed}

    def fetch(beside: Path) -> None:
        for split in SPLITS:
            SVHN(beside, split=split, download=True)

    download(fetch, lambda: checksums, root, config.name, list(checksums))
    return _read(SVHN, root, tuple(checksums.values()), stamps(checksums))


@lru_cache(maxsize=2)  # the runs of a sweep alternate between few data sets
def _read(
    kind: Any, root: Path, checksums: tuple[str, ...], stamped: tuple[tuple[Path, int, int], ...]
) -> Dataset:
    files = [path for path, _, _ in stamped]
    refuse_changed(dict(zip(files, checksums, strict=True)))
    try:
        train, test = (kind(root, split=split) for split in SPLITS)
    except Exception as error:
        raise UserError(f"{files[0]} or {files[1]} cannot be read: {first_line(error)}") from error
    (train_x, train_y), (test_x, test_y) = (
        (np.ascontiguousarray(part.data), part.labels.astype(np.int64)) for part in (train, test)
    )
    return Dataset(train_x, train_y, test_x, test_y, num_classes=10, sources=sources(*files))
