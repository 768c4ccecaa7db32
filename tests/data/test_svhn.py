"""SVHN in the published layout."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from pruning_phases.errors import UserError
from tests.support.data_files import colors, loaded, md5

COUNTS = {"train": 30, "test": 20}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write(): small files, which torchvision takes for the published ones; 10 labels the zero."""
    from torchvision.datasets import SVHN

    def written(labels: int = 0):
        listed = dict(SVHN.split_list)
        for split, count in COUNTS.items():
            path = tmp_path / f"{split}_32x32.mat"
            numbers = np.arange(labels or count) % 10 + 1
            content = {"X": colors(count).transpose(2, 3, 1, 0), "y": numbers[:, None]}
            savemat(path, content)
            listed[split] = ["", path.name, md5(path)]
        monkeypatch.setattr(SVHN, "split_list", listed)
        return tmp_path

    return written


def test_the_published_layout_is_read_and_the_digit_zero_is_class_zero(write):
    found = loaded("svhn", write())
    np.testing.assert_array_equal(found.train_images, colors(30))
    np.testing.assert_array_equal(found.test_images, colors(20))
    assert found.test_labels.tolist() == 2 * [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    assert found.num_classes == 10


@pytest.mark.parametrize("keep", [0, 200, -1])
def test_a_truncated_file_is_named_with_the_cure(keep, write):
    path = write() / "test_32x32.mat"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError) as error:
        loaded("svhn", path.parent)
    said = str(error.value)
    assert said.startswith(f"{path} is truncated or not the published file") and "\n" not in said


def test_fewer_labels_than_images_are_refused(write):
    folder = write(labels=25)
    with pytest.raises(UserError, match=r"train_32x32.mat \(labels\) has 25 labels and .* 30 im"):
        loaded("svhn", folder)


def test_a_failed_download_is_one_line_and_leaves_no_part_of_a_file(tmp_path, monkeypatch):
    from torchvision.datasets import SVHN

    def interrupted(self):
        Path(self.root, self.filename).write_bytes(b"part")
        raise TimeoutError("timed out")

    monkeypatch.setattr(SVHN, "download", interrupted)
    with pytest.raises(UserError) as error:
        loaded("svhn", tmp_path)
    assert "put torchvision's test_32x32.mat and train_32x32.mat there" in str(error.value)
    assert not list(tmp_path.iterdir())
