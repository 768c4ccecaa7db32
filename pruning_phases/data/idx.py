"""Gray images of one's own, in four IDX files with the names of MNIST's."""

from dataclasses import dataclass

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import key
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.idx_images import MNIST_NAMES, read_files, stems
from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded


@dataclass
class IdxConfig(DatasetConfig):
    folder: str | None = key(
        None, "folder of train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte "
        "and t10k-labels-idx1-ubyte, each plain or as .gz; relative to the working directory",
        path=True,
    )  # fmt: skip


CONFIG = IdxConfig


def load(config: IdxConfig, data_dir: str, seed: int) -> Dataset:
    """The number of classes is one more than the largest label."""
    if config.folder is None:
        raise UserError("dataset.folder has no value: give the folder of the four IDX files")
    folder = expanded(config.folder)
    files = []
    for stem in stems(MNIST_NAMES):
        found = [path for path in (folder / stem, folder / f"{stem}.gz") if path.is_file()]
        if not found:
            raise UserError(
                f"dataset.folder={config.folder}: no file {stem} or {stem}.gz in "
                f"{folder.absolute()}: give the folder of the four IDX files"
            )
        files.append(found[0])
    return read_files(files, None, 0, "correct the file, or give another dataset.folder")
