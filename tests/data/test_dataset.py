"""The digits, label noise, and the check that every data set passes."""

from dataclasses import replace

import numpy as np
import pytest

from pruning_phases.data.dataset import Dataset, check
from pruning_phases.data.registry import data_sets, load
from pruning_phases.errors import UserError
from tests.support.data_files import loaded


def test_training_and_test_digits_together_are_the_whole_set(configure):
    digits = load(configure("dataset=digits"))
    assert len(digits.train_labels) + len(digits.test_labels) == 1797
    assert digits.input_shape == (1, 8, 8)
    joined = np.concatenate([digits.train_images, digits.test_images]).reshape(1797, -1)
    from sklearn.datasets import load_digits

    assert sorted(map(tuple, joined)) == sorted(map(tuple, load_digits().data.astype(np.uint8)))


def test_label_noise_is_exact_wrong_seeded_and_recorded(configure):
    clean = load(configure("dataset=digits"))
    noisy, again, other = (
        load(configure("dataset.label_noise=0.3", f"seed={seed}")) for seed in (0, 0, 1)
    )
    changed = noisy.train_labels != clean.train_labels
    assert changed.sum() == round(0.3 * len(changed))
    np.testing.assert_array_equal(noisy.clean_labels, clean.train_labels)
    np.testing.assert_array_equal(noisy.test_labels, clean.test_labels)
    assert noisy.digest == again.digest != other.digest
    shift = (noisy.train_labels - clean.train_labels)[changed] % 10
    assert set(shift) == set(range(1, 10))


IMAGES = np.arange(32.0).reshape(8, 1, 2, 2)
LABELS = np.arange(8) % 2
GOOD = Dataset(IMAGES, LABELS, IMAGES, LABELS, num_classes=2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"train_images": IMAGES[:, 0]},
            "training images has shape 8x2x2, not examples x",
        ),
        ({"test_images": IMAGES.astype(int)}, "test images: pixels of type int64, not uint8"),
        ({"train_labels": LABELS.astype(np.int32)}, "training labels: labels of type int32"),
        ({"test_labels": LABELS[:, None]}, "test labels: labels of type int64 and shape 8x1"),
        ({"test_labels": LABELS[:3]}, "test labels has 3 labels and test images 8 images"),
        ({"train_labels": LABELS + 1}, "training labels: label 2 is none of the classes 0 to 1"),
        ({"num_classes": 1, "train_labels": 0 * LABELS, "test_labels": 0 * LABELS}, "labels are 0"),
        ({"num_classes": 1001}, "1001 classes, and 8 training examples"),
    ],
    ids=str,
)
def test_the_arrays_of_every_loader_are_checked(changes, said, monkeypatch):
    check(GOOD)
    wrong = replace(GOOD, **changes)
    monkeypatch.setattr(data_sets()["digits"], "load", lambda *_: wrong)
    with pytest.raises(UserError, match=said) as error:
        loaded("digits")
    assert str(error.value).endswith(": correct the data set") and "\n" not in str(error.value)


def test_the_first_classes_alone(configure):
    whole, few = (load(configure(*more)) for more in ([], ["dataset.num_classes=3"]))
    assert few.num_classes == 3 and set(few.train_labels) == set(few.test_labels) == {0, 1, 2}
    np.testing.assert_array_equal(few.train_images, whole.train_images[whole.train_labels < 3])
    np.testing.assert_array_equal(few.test_images, whole.test_images[whole.test_labels < 3])
    with pytest.raises(UserError, match="dataset.num_classes=11: the data set has 10 classes"):
        load(configure("dataset.num_classes=11"))
