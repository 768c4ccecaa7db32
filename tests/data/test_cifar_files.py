"""CIFAR-10 and CIFAR-100 in the published layout; no unverified file is unpickled."""

import os
import pickle
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from pruning_phases.errors import UserError
from tests.support.data_files import colors, loaded, md5

# Option, torchvision's class, key of the labels in the files, training files, images in each.
KINDS = {
    "cifar10": ("CIFAR10", "labels", [f"data_batch_{n}" for n in range(1, 6)], 4),
    "cifar100": ("CIFAR100", "fine_labels", ["train"], 20),
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write(option): small files, which torchvision takes for the published ones."""
    from torchvision import datasets

    def written(option: str, labels: int | None = None) -> Path:
        name, label_key, train, count = KINDS[option]
        kind = getattr(datasets, name)
        folder = tmp_path / kind.base_folder
        folder.mkdir()
        for number, file in enumerate([*train, *(part[0] for part in kind.test_list)]):
            content = {
                "data": colors(count, number).reshape(count, -1),
                label_key: [(number + n) % 10 for n in range(labels or count)],
            }
            (folder / file).write_bytes(pickle.dumps(content))
        meta = folder / kind.meta["filename"]
        meta.write_bytes(pickle.dumps({kind.meta["key"]: list("abcdefghij")}))
        for parts in ("train_list", "test_list"):
            files = [[file, md5(folder / file)] for file, _ in getattr(kind, parts)]
            monkeypatch.setattr(kind, parts, files)
        monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": md5(meta)})
        return folder

    return written


@pytest.mark.parametrize(("option", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_the_published_layout_is_read(option, classes, write):
    folder = write(option)
    found = loaded(option, folder.parent)
    _, _, train, count = KINDS[option]
    expected = np.concatenate([colors(count, number) for number in range(len(train))])
    np.testing.assert_array_equal(found.train_images, expected)
    np.testing.assert_array_equal(found.test_images, colors(count, len(train)))
    assert found.train_labels[:4].tolist() == [0, 1, 2, 3] and found.num_classes == classes
    assert found.train_images.flags.c_contiguous


@pytest.mark.parametrize("keep", [0, 20, -1])
@pytest.mark.parametrize("file", ["data_batch_3", "test_batch", "batches.meta"])
def test_a_truncated_file_is_named_with_the_cure(file, keep, write):
    path = write("cifar10") / file
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError) as error:
        loaded("cifar10", path.parents[1])
    said = str(error.value)
    assert said.startswith(f"{path} is truncated or not the published file")
    assert "delete it and run again to download it" in said and "\n" not in said


class Trap:
    """An object that creates a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("file", ["data_batch_1", "test_batch", "batches.meta"])
def test_an_unverified_pickle_is_not_executed(file, write, tmp_path):
    path = write("cifar10") / file
    path.write_bytes(pickle.dumps(Trap(tmp_path / "executed")))
    with pytest.raises(UserError, match=f"{file} is truncated or not the published file"):
        loaded("cifar10", path.parents[1])
    assert not (tmp_path / "executed").exists()
    pickle.loads(path.read_bytes())
    assert (tmp_path / "executed").exists()


def test_fewer_labels_than_images_are_refused(write):
    folder = write("cifar10", labels=3)
    with pytest.raises(UserError, match=r"\(labels\) has 15 labels and .* 20 images") as error:
        loaded("cifar10", folder.parent)
    assert str(folder) in str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_is_downloaded_and_a_failure_is_one_line(write, monkeypatch):
    from torchvision.datasets import CIFAR10

    folder = write("cifar10")
    (folder / "data_batch_2").unlink()

    def interrupted(self):
        beside = Path(self.root, folder.name)
        beside.mkdir(exist_ok=True)
        (beside / "data_batch_2").write_bytes(b"part")
        raise TimeoutError("timed out")

    monkeypatch.setattr(CIFAR10, "download", interrupted)
    with pytest.raises(UserError) as error:
        loaded("cifar10", folder.parent)
    assert str(error.value) == (
        f"dataset=cifar10: not in data_dir={folder.parent}, and the download failed (timed out): "
        "put torchvision's cifar-10-batches-py there, or give data_dir=FOLDER"
    )
    assert not (folder / "data_batch_2").exists() and (folder / "data_batch_1").exists()


def test_an_archive_that_is_there_is_unpacked(write, monkeypatch):
    from torchvision.datasets import CIFAR10

    folder = write("cifar10")
    whole = loaded("cifar10", folder.parent).digest
    archive = folder.parent / CIFAR10.filename
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, folder.name)
    shutil.rmtree(folder)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive))
    monkeypatch.setattr("torchvision.datasets.utils._urlretrieve", None)
    assert loaded("cifar10", folder.parent).digest == whole
    assert not archive.is_symlink() and {*folder.parent.iterdir()} == {archive, folder}
