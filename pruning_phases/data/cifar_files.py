"""CIFAR-10 and CIFAR-100, read and if necessary downloaded by torchvision.

The files are pickles, and reading a pickle can execute what it contains. So a file is read only if
it has the checksum of the published one.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pruning_phases.data.dataset import Dataset
from pruning_phases.data.published import download, refuse_changed, sources, stamps
from pruning_phases.errors import UserError, first_line
from pruning_phases.file_path import expanded


def read(kind_name: str, option: str, data_dir: str, num_classes: int) -> Dataset:
    """Data set of torchvision's class ``kind_name``; messages call it ``option``."""
    from torchvision import datasets

    kind = getattr(datasets, kind_name)
    root = expanded(data_dir)
    folder = root / kind.base_folder
    listed = [*kind.train_list, *kind.test_list, (kind.meta["filename"], kind.meta["md5"])]
    checksums = {folder / name: md5 for name, md5 in listed}
    download(
        lambda beside: kind(beside, download=True), lambda: checksums, root, option,
        [root / kind.filename],
    )  # fmt: skip
    return _read(kind, root, tuple(checksums.values()), stamps(checksums), num_classes)


@lru_cache(maxsize=2)  # the runs of a sweep alternate between few data sets
def _read(
    kind: Any,
    root: Path,
    checksums: tuple[str, ...],
    stamped: tuple[tuple[Path, int, int], ...],
    num_classes: int,
) -> Dataset:
    files = [path for path, _, _ in stamped]
    refuse_changed(dict(zip(files, checksums, strict=True)))
    try:
        train, test = kind(root, train=True), kind(root, train=False)
    except Exception as error:
        raise UserError(f"{files[0].parent} cannot be read: {first_line(error)}") from error
    (train_x, train_y), (test_x, test_y) = (
        (np.ascontiguousarray(part.data.transpose(0, 3, 1, 2)), np.array(part.targets, np.int64))
        for part in (train, test)
    )
    where = sources(files[0], files[len(kind.train_list)])
    return Dataset(train_x, train_y, test_x, test_y, num_classes, sources=where)
