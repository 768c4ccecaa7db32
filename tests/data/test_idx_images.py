"""IDX files: the published split, damaged files, and a failed download."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from pruning_phases.data.idx_images import read
from pruning_phases.errors import UserError


def test_mnist_has_the_published_split(data_dir):
    mnist = read("MNIST", "mnist", data_dir)
    assert mnist.train_images.shape == (60000, 1, 28, 28)
    assert mnist.test_images.shape == (10000, 1, 28, 28)
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(mnist.test_labels).tolist() == counts


def write_idx(folder: Path, stem: str, array: np.ndarray) -> Path:
    header = struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
    path = folder / f"{stem}-ubyte"
    path.write_bytes(header + array.astype(np.uint8).tobytes())
    return path


@pytest.fixture
def small_mnist(tmp_path):
    folder = tmp_path / "data" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for stem, count in (("train", 30), ("t10k", 10)):
        write_idx(
            folder, f"{stem}-images-idx3", np.arange(count * 784).reshape(count, 28, 28) % 256
        )
        write_idx(folder, f"{stem}-labels-idx1", np.arange(count) % 10)
    return folder


def test_a_small_set_in_idx_format_is_read(small_mnist):
    assert len(read("MNIST", "mnist", str(small_mnist.parents[1])).train_labels) == 30


@pytest.mark.parametrize("keep", [0, 3, 4, 10, 16, 100, -1])
def test_a_truncated_file_is_named_with_the_cure(small_mnist, keep):
    path = small_mnist / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte is truncated.*delete it"):
        read("MNIST", "mnist", str(small_mnist.parents[1]))


def test_a_file_that_is_no_idx_file_is_named(small_mnist):
    (small_mnist / "t10k-labels-idx1-ubyte").write_bytes(gzip.compress(b"labels"))
    with pytest.raises(UserError, match="t10k-labels-idx1-ubyte"):
        read("MNIST", "mnist", str(small_mnist.parents[1]))


def test_a_failed_download_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    def no_network(*args, **kwargs):
        Path(args[0], "MNIST", "raw").mkdir(parents=True)
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz\nand more")

    monkeypatch.setattr(MNIST, "__init__", lambda self, *a, **k: no_network(*a, **k))
    with pytest.raises(
        UserError, match=r"dataset=mnist: not in data_dir=.*data_dir=FOLDER"
    ) as error:
        read("MNIST", "mnist", str(tmp_path / "nowhere"))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "nowhere").exists()
