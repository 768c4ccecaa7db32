"""MNIST and data sets in its format (IDX), read and if necessary downloaded by torchvision."""

import socket
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np

from pruning_phases.data.dataset import Dataset
from pruning_phases.errors import UserError, first_line

DOWNLOAD_TIMEOUT = 60.0  # seconds without an answer


@lru_cache(maxsize=2)  # the runs of a sweep alternate between few data sets
def read(kind_name: str, option: str, data_dir: str) -> Dataset:
    """Data set of torchvision's class ``kind_name``; messages call it ``option``."""
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
            "to download it, or give data_dir=FOLDER of a good copy"
        ) from error
    return Dataset(
        train.data.numpy()[:, None], train.targets.numpy().astype(np.int64),
        test.data.numpy()[:, None], test.targets.numpy().astype(np.int64),
        num_classes=10,
    )  # fmt: skip


def _is_there(folder: Path) -> bool:
    """True if all four unpacked files exist."""
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
        # torchvision's message continues with all addresses that it tried.
        reason = first_line(error).rstrip(":")
        raise UserError(
            f"dataset={option}: not in data_dir={root}, and the download failed ({reason}): "
            f"put torchvision's {kind.__name__}/raw folder there, or give data_dir=FOLDER"
        ) from error
    finally:
        socket.setdefaulttimeout(patience)


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders that a failed download leaves."""
    if not folder.is_dir():
        return
    for path in (*sorted(folder.rglob("*"), reverse=True), folder):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _refuse_truncated(folder: Path) -> None:
    """Compare each file's length with its IDX header (0, 0, type, number of dimensions; sizes)."""
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
                f"{path} is truncated or no IDX file ({actual} bytes, but its header says "
                f"{expected}): delete it and run again to download it, or give data_dir=FOLDER"
            )
