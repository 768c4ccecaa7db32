"""MNIST and data sets in its format: four IDX files, plain or compressed with gzip.

An IDX file begins with the bytes 0, 0, type of the numbers, number of dimensions, followed by the
sizes of the dimensions, four bytes each, the highest byte first.
"""

import gzip
import struct
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pruning_phases.data.dataset import ARRAYS, Dataset, Sources, num_classes_of
from pruning_phases.data.published import CURE, download, missing, stamps
from pruning_phases.errors import UserError, first_line
from pruning_phases.file_path import expanded

UNSIGNED_BYTE = 8


@dataclass(frozen=True)
class PublishedIdx:
    """Data set of torchvision's class ``kind``, in ``data_dir/KIND/raw``.

    names: of the training set and of the test set in the names of the files; first_label: label of
    the first class in the files; arguments: of the class, which downloads missing files.
    """

    kind: str
    names: tuple[str, str] = ("train", "t10k")
    num_classes: int = 10
    first_label: int = 0
    arguments: dict[str, str] = field(default_factory=dict)

    def files(self, data_dir: str) -> list[Path]:
        """The four files: each where it is, or where torchvision puts it."""
        folder = self._root(data_dir) / self.kind / "raw"
        return [file_of(folder, stem) or folder / stem for stem in stems(self.names)]

    def _root(self, data_dir: str) -> Path:
        """Folder that holds KIND/raw: ``data_dir``, unless that is KIND or KIND/raw itself."""
        root = expanded(data_dir)
        if not (root / self.kind).is_dir():
            if root.name == self.kind and (root / "raw").is_dir():
                return root.parent
            if root.name == "raw" and root.parent.name == self.kind:
                return root.parent.parent
        return root

    def read(self, data_dir: str, option: str) -> Dataset:
        """Read the set, and download it first if files are missing; messages call it ``option``."""
        root = self._root(data_dir)
        if missing(self.files(data_dir)):
            self._refuse_loose_files(root, option)
        archive = root / self.kind / "raw" / "gzip.zip"
        download(self._fetch, lambda: self.files(data_dir), root, option, [archive])
        return read_files(self.files(data_dir), self.num_classes, self.first_label, CURE)

    def _fetch(self, root: Path) -> None:
        from torchvision import datasets

        getattr(datasets, self.kind)(root, download=True, **self.arguments)

    def _refuse_loose_files(self, root: Path, option: str) -> None:
        """Raise UserError if the files lie in ``data_dir`` itself, where any set might be meant."""
        found = file_of(root, stems(self.names)[0])
        if found is not None:
            raise UserError(
                f"data_dir={root}: it holds {found.name} itself, and dataset={option} is read from "
                f"{Path(self.kind) / 'raw'} in it: move the four files there, or give dataset=idx "
                f"dataset.folder={root}"
            )


def file_of(folder: Path, stem: str) -> Path | None:
    """File of this name in a folder, plain or as .gz; some archives write ``.idx3`` for ``-idx3``.

    None if there is none.
    """
    for name in (stem, stem.replace("-idx", ".idx")):
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    return None


def stems(names: tuple[str, str]) -> list[str]:
    """Names of the four files, without ``.gz``."""
    return [f"{name}-{kind}-ubyte" for name in names for kind in ("images-idx3", "labels-idx1")]


def read_files(files: list[Path], num_classes: int | None, first_label: int, cure: str) -> Dataset:
    """Data set of four existing files, in the order of ``stems``.

    num_classes: None counts the classes by the largest label; cure: end of the messages.
    """
    return _read(stamps(files), num_classes, first_label, cure)


@lru_cache(maxsize=2)  # the runs of a sweep alternate between few data sets
def _read(
    stamped: tuple[tuple[Path, int, int], ...], num_classes: int | None, first: int, cure: str
) -> Dataset:
    files = [path for path, _, _ in stamped]
    parts = [read_idx(file, dims, cure) for file, dims in zip(files, (3, 1, 3, 1), strict=True)]
    train, test = parts[0][:, None], parts[2][:, None]
    train_labels, test_labels = (part.astype(np.int64) - first for part in parts[1::2])
    return Dataset(
        train, train_labels, test, test_labels,
        num_classes_of(train_labels, test_labels) if num_classes is None else num_classes,
        sources=Sources(**dict(zip(ARRAYS, map(str, files), strict=True)), cure=cure),
    )  # fmt: skip


def read_idx(path: Path, num_dims: int, cure: str) -> NDArray[np.uint8]:
    """Array of an IDX file of unsigned bytes. Raises UserError if the file holds no such array."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({first_line(error)}): {cure}") from error
    begin = 4 + 4 * num_dims
    if len(content) < begin or content[:2] != b"\0\0":
        raise UserError(f"{path} is truncated or no IDX file ({len(content)} bytes): {cure}")
    if content[2] != UNSIGNED_BYTE:
        raise UserError(
            f"{path} holds numbers of type 0x{content[2]:02x}, not unsigned bytes (0x08): {cure}"
        )
    if content[3] != num_dims:
        raise UserError(f"{path} has {content[3]} dimensions, not {num_dims}: {cure}")
    shape = struct.unpack(f">{num_dims}I", content[4:begin])
    if len(content) != begin + prod(shape):
        raise UserError(
            f"{path} is truncated or no IDX file ({len(content)} bytes, but its header says "
            f"{begin + prod(shape)}): {cure}"
        )
    if 0 in shape:
        raise UserError(f"{path} is empty (shape {'x'.join(map(str, shape))}): {cure}")
    return np.frombuffer(bytearray(content), np.uint8, offset=begin).reshape(shape)
