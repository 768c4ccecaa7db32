"""MNIST and the sets in its format, read (and fetched, if they are not there) by torchvision."""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np

from pruning_phases.data.dataset import Dataset
from pruning_phases.errors import UserError, first_line

DOWNLOAD_TIMEOUT = 60.0  # seconds without an answer


@lru_cache(maxsize=2)  # the runs of a sweep take turns at few data sets
def read(kind_name: str, option: str, data_dir: str) -> Dataset:
    """The data set of torchvision's class ``kind_name``; ``option`` is its name in messages."""
    from torchvision import datasets

    root = Path(data_dir).expanduser()
    folder = root / kind_name / "raw"
    kind = getattr(datasets, kind_name)
    if not _is_there(folder):
        _download(kind, root, option)
    _refuse_truncated(folder)
    try:
        train, test = kind(root, train=True), kind(root, train=False)
    except Exception as error:
        raise UserError(
            f"{folder} holds files that cannot be read ({error}): delete the folder and run again "
            "to fetch it, or point data_dir at a good copy"
        ) from error
    return Dataset(
        train.data.numpy()[:, None], train.targets.numpy().astype(np.int64),
        test.data.numpy()[:, None], test.targets.numpy().astype(np.int64),
        num_classes=10,
    )  # fmt: skip


def _is_there(folder: Path) -> bool:
    """All four files, unpacked."""
    stems = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return all((folder / f"{stem}-ubyte").is_file() for stem in stems)


def _download(kind: type, root: Path, option: str) -> None:
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    created = not root.exists()
    try:
        kind(root, train=True, download=True)
    except Exception as error:
        _remove_empty(root if created else root / kind.__name__)
        # torchvision goes on with every address that it tried.
        reason = first_line(error).rstrip(":")
        raise UserError(
            f"dataset={option}: not in data_dir={root} and not to be downloaded ({reason}): "
            f"put torchvision's {kind.__name__}/raw folder there, or give data_dir=FOLDER"
        ) from error
    finally:
        socket.setdefaulttimeout(patience)


def _remove_empty(folder: Path) -> None:
    """Take away what a failed download leaves: folders with nothing in them."""
    if not folder.is_dir():
        return
    for path in (*sorted(folder.rglob("*"), reverse=True), folder):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _refuse_truncated(folder: Path) -> None:
    """An IDX file says in its header how long it is (magic: 0, 0, type, dimensions; big endian)."""
    for path in sorted(folder.glob("*-ubyte")):
        with path.open("rb") as file:
            header = file.read(4)
            num_dims = header[3] if len(header) == 4 else 0
            raw = file.read(4 * num_dims)
        whole = 4 * num_dims == len(raw) and num_dims > 0
        size = int(np.prod(struct.unpack(f">{num_dims}i", raw), dtype=np.int64)) if whole else 0
        expected = 4 + 4 * num_dims + size
        actual = path.stat().st_size
        if not whole or actual != expected:
            raise UserError(
                f"{path} is truncated or no IDX file ({actual} bytes where its header asks for "
                f"{expected}): delete it and run again to fetch it, or give data_dir=FOLDER"
            )
