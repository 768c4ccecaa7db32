"""IDX files: the published split, torchvision's reading, damaged files, a failed download."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from pruning_phases.data.idx_images import PublishedIdx
from pruning_phases.errors import UserError
from tests.support.data_files import loaded, write_idx, write_idx_set


def test_mnist_has_the_published_split(data_dir):
    mnist = PublishedIdx("MNIST").read(data_dir, "mnist")
    assert mnist.train_images.shape == (60000, 1, 28, 28)
    assert mnist.test_images.shape == (10000, 1, 28, 28)
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(mnist.test_labels).tolist() == counts


@pytest.fixture
def small_mnist(tmp_path):
    return write_idx_set(tmp_path / "data" / "MNIST" / "raw")


@pytest.fixture
def refusal(small_mnist):
    """refusal(): the message with which the small MNIST is refused, one line."""

    def message() -> str:
        with pytest.raises(UserError) as error:
            loaded("mnist", small_mnist.parents[1])
        assert "\n" not in str(error.value)
        return str(error.value)

    return message


@pytest.mark.parametrize("option", ["MNIST", "KMNIST", "FashionMNIST"])
def test_a_small_set_is_read_as_torchvision_reads_it(option, tmp_path):
    from torchvision import datasets

    write_idx_set(tmp_path / option / "raw")
    found = PublishedIdx(option).read(str(tmp_path), option.lower())
    for train, images, labels in (
        (True, found.train_images, found.train_labels),
        (False, found.test_images, found.test_labels),
    ):
        expected = getattr(datasets, option)(tmp_path, train=train)
        np.testing.assert_array_equal(images[:, 0], expected.data.numpy())
        np.testing.assert_array_equal(labels, expected.targets.numpy())


@pytest.mark.parametrize("keep", [0, 3, 4, 10, 15, 16, 100, -1])
def test_a_truncated_file_is_named_with_the_cure(small_mnist, keep, refusal):
    path = small_mnist / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:keep])
    said = refusal()
    assert said.startswith(f"{path} is truncated") and "delete it and run again" in said


def test_a_file_that_is_no_idx_file_is_named(small_mnist, refusal):
    (small_mnist / "t10k-labels-idx1-ubyte").write_bytes(gzip.compress(b"labels"))
    assert "t10k-labels-idx1-ubyte is truncated or no IDX file" in refusal()


@pytest.mark.parametrize(
    ("stem", "array", "code", "said"),
    [
        ("train-labels-idx1", np.arange(29) % 10, 8, "has 29 labels and"),
        ("train-labels-idx1", np.arange(31) % 10, 8, "has 31 labels and"),
        ("t10k-labels-idx1", np.arange(20), 8, "label 19 is none of the classes 0 to 9"),
        ("train-labels-idx1", np.arange(30) % 10, 9, "numbers of type 0x09, not unsigned bytes"),
        ("train-images-idx3", np.zeros((0, 28, 28)), 8, r"is empty (shape 0x28x28)"),
        ("t10k-labels-idx1", np.zeros(0), 8, r"is empty (shape 0)"),
        ("t10k-images-idx3", np.ones((20, 27, 28)), 8, "of shape 1x27x28"),
        ("train-images-idx3", np.ones((30, 784)), 8, "has 2 dimensions, not 3"),
        ("train-images-idx3", np.ones((30, 28, 28)), 8, "all pixels are equal"),
    ],
)
def test_a_contradiction_names_the_file(small_mnist, stem, array, code, said, refusal):
    path = write_idx(small_mnist / f"{stem}-ubyte", array, code)
    message = refusal()
    assert str(path) in message and said in message and "delete it and run again" in message


def test_a_file_that_has_changed_is_read_again(small_mnist):
    def found():
        return PublishedIdx("MNIST").read(str(small_mnist.parents[1]), "mnist")

    assert found() is found()
    write_idx(small_mnist / "t10k-labels-idx1-ubyte", np.full(20, 7))
    assert set(found().test_labels) == {7}


def test_a_failed_download_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    def no_network(self, root, download):
        Path(root, "MNIST", "raw").mkdir(parents=True)
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz\nand more")

    monkeypatch.setattr(MNIST, "__init__", no_network)
    with pytest.raises(
        UserError,
        match=r"dataset=mnist: not in data_dir=.*torchvision's MNIST/raw.*data_dir=FOLDER",
    ) as error:
        loaded("mnist", tmp_path / "nowhere")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "nowhere").exists()


def test_a_missing_set_is_downloaded_and_read(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    monkeypatch.setattr(
        MNIST,
        "__init__",
        lambda self, root, download: write_idx_set(root / "MNIST" / "raw") and None,
    )
    assert len(loaded("mnist", tmp_path).train_labels) == 30
    assert len(list((tmp_path / "MNIST" / "raw").iterdir())) == 4
    assert {path.name for path in tmp_path.iterdir()} == {"MNIST"}


def packed(path):
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def dotted(path):
    path.rename(path.with_name(path.name.replace("-idx", ".idx")))


@pytest.mark.parametrize("renamed", [(packed,), (dotted,), (dotted, packed)])
def test_packed_files_and_those_with_a_dot_are_read_as_they_are(renamed, small_mnist, monkeypatch):
    from torchvision.datasets import MNIST

    data_dir = small_mnist.parents[1]
    plain = loaded("mnist", data_dir).digest
    for change in renamed:
        for path in list(small_mnist.iterdir()):
            change(path)
    before = set(data_dir.rglob("*"))
    monkeypatch.setattr(MNIST, "__init__", None)  # nothing is downloaded or unpacked
    assert loaded("mnist", data_dir).digest == plain
    assert set(data_dir.rglob("*")) == before


@pytest.mark.parametrize("below", ["MNIST", "MNIST/raw"])
def test_data_dir_may_be_a_folder_of_the_set(below, small_mnist):
    root = small_mnist.parents[1]
    assert loaded("mnist", root / below).digest == loaded("mnist", root).digest


def test_a_folder_of_one_set_is_not_that_of_another(small_mnist):
    with pytest.raises(
        UserError, match=r"holds train-images-idx3-ubyte itself, and dataset=kmnist"
    ):
        loaded("kmnist", small_mnist)


def test_a_folder_of_loose_files_is_told_where_they_belong(tmp_path):
    write_idx_set(tmp_path)
    said = f"^data_dir={tmp_path}: .*MNIST/raw.*, or give dataset=idx dataset.folder={tmp_path}$"
    with pytest.raises(UserError, match=said):
        loaded("mnist", tmp_path)
