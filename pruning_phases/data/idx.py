"""Gray images of one's own, in four IDX files with the names of MNIST's."""

from dataclasses import dataclass
from pathlib import Path

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import key
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.idx_images import file_of, read_files, stems
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


STEMS = stems(("train", "t10k"))


def files(config: IdxConfig, data_dir: str) -> list[Path]:
    """Find the four files. Raises UserError if one is missing."""
    if config.folder is None:
        raise UserError("dataset.folder has no value: give the folder of the four IDX files")
    folder = expanded(config.folder)
    found = []
    for stem in STEMS:
        file = file_of(folder, stem)
        if file is None:
            raise UserError(
                f"dataset.folder={config.folder}: no file {stem} or {stem}.gz in "
                f"{folder.absolute()}: give the folder of the four IDX files"
            )
        found.append(file)
    return found


def load(config: IdxConfig, data_dir: str, seed: int) -> Dataset:
    """The number of classes is one more than the largest label."""
    cure = "correct the file, or give another dataset.folder"
    return read_files(files(config, data_dir), None, 0, cure)
