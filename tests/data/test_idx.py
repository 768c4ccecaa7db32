"""Four IDX files of one's own."""

import gzip
import os

import numpy as np
import pytest

from pruning_phases.errors import UserError
from tests.support.data_files import loaded, write_idx, write_idx_set


@pytest.fixture
def folder(tmp_path):
    return write_idx_set(tmp_path / "mine", classes=3)


def test_the_labels_give_the_number_of_classes_and_the_files_the_images(folder):
    found = loaded("idx", folder=str(folder))
    assert found.num_classes == 3 and found.input_shape == (1, 28, 28)
    assert len(found.train_labels) == 30 and len(found.test_labels) == 20


def test_a_class_that_occurs_in_the_test_set_alone_counts(folder):
    write_idx(folder / "t10k-labels-idx1-ubyte", np.full(20, 6))
    assert loaded("idx", folder=str(folder)).num_classes == 7


def test_another_folder_gives_other_data(folder, tmp_path):
    other = write_idx_set(tmp_path / "other", classes=4)
    found = [loaded("idx", folder=str(path)) for path in (folder, other)]
    assert found[0].digest != found[1].digest


def test_compressed_files_are_read_too(folder):
    plain = loaded("idx", folder=str(folder))
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert loaded("idx", folder=str(folder)).digest == plain.digest


@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_truncated_compressed_file_is_named(keep, folder):
    path = folder / "train-images-idx3-ubyte"
    content = gzip.compress(path.read_bytes())
    path.unlink()
    packed = folder / f"{path.name}.gz"
    packed.write_bytes(content[:keep])
    with pytest.raises(UserError) as error:
        loaded("idx", folder=str(folder))
    said = str(error.value)
    assert said.startswith(f"{packed} ") and "\n" not in said
    assert said.endswith("correct the file, or give another dataset.folder")


def test_a_path_is_relative_to_the_working_directory_or_to_home(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("HOME", os.fspath(folder.parent))
    for path in ("mine", "~/mine"):
        assert loaded("idx", folder=str(path)).num_classes == 3


def test_a_missing_file_and_a_missing_folder_are_named(folder):
    with pytest.raises(UserError, match=r"^dataset\.folder has no value: give the folder"):
        loaded("idx")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(
        UserError, match=f"no file t10k-labels-idx1-ubyte or .*gz in {folder}: give"
    ):
        loaded("idx", folder=str(folder))


def test_one_class_is_refused(folder):
    for name, count in (("train", 30), ("t10k", 20)):
        write_idx(folder / f"{name}-labels-idx1-ubyte", np.zeros(count))
    with pytest.raises(UserError, match="train-labels-idx1-ubyte and .*: all labels are 0"):
        loaded("idx", folder=str(folder))
