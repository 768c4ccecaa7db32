"""EMNIST: each split in the published layout, as torchvision reads it."""

import numpy as np
import pytest

from pruning_phases.data.emnist import Split
from pruning_phases.errors import UserError
from tests.support.data_files import loaded, write_idx, write_idx_set

CLASSES = {"byclass": 62, "bymerge": 47, "balanced": 47, "letters": 26, "digits": 10, "mnist": 10}


@pytest.fixture
def written(tmp_path):
    """A folder that holds all splits; the letters are numbered from 1, as published."""
    for split, classes in CLASSES.items():
        names = (f"emnist-{split}-train", f"emnist-{split}-test")
        write_idx_set(tmp_path / "EMNIST" / "raw", names, classes, first=split == "letters")
    return tmp_path


@pytest.mark.parametrize("split", CLASSES)
def test_a_split_is_read_as_torchvision_reads_it_and_has_its_classes(split, written):
    from torchvision.datasets import EMNIST

    found = loaded("emnist", written, split=Split[split])
    assert found.num_classes == CLASSES[split] == found.train_labels.max() + 1
    expected = EMNIST(written, split=split, train=False)
    np.testing.assert_array_equal(found.test_images[:, 0], expected.data.numpy())
    shift = 1 if split == "letters" else 0
    np.testing.assert_array_equal(found.test_labels + shift, expected.targets.numpy())


def test_the_splits_are_those_of_torchvision_and_differ(written):
    from torchvision.datasets import EMNIST

    assert {split.name for split in Split} == set(EMNIST.splits)
    found = [
        loaded("emnist", written, split=Split[split]) for split in ("balanced", "letters", "digits")
    ]
    assert len({data.digest for data in found}) == 3
    assert loaded("emnist", written).digest == found[0].digest


def test_a_letter_beyond_the_alphabet_is_refused(written):
    path = written / "EMNIST" / "raw" / "emnist-letters-test-labels-idx1-ubyte"
    write_idx(path, np.full(20, 27))
    with pytest.raises(UserError, match=f"{path}: label 26 is none of the classes 0 to 25"):
        loaded("emnist", written, split=Split.letters)


def test_a_missing_split_is_downloaded(tmp_path, monkeypatch):
    from torchvision.datasets import EMNIST

    asked = {}

    def download(self, root, **keys):
        asked.update(keys)
        names = ("emnist-digits-train", "emnist-digits-test")
        write_idx_set(root / "EMNIST" / "raw", names)

    monkeypatch.setattr(EMNIST, "__init__", download)
    found = loaded("emnist", tmp_path, split=Split.digits)
    assert asked == {"split": "digits", "download": True} and len(found.train_labels) == 30
