"""Random inputs: their distribution, random labels and a teacher's labels."""

import numpy as np
import pytest

from pruning_phases.data.registry import load
from pruning_phases.errors import UserError


def test_gaussian_inputs_are_standard_normal_and_made_from_the_seed(configure):
    first, again, other = (
        load(configure("dataset=gaussian", f"seed={seed}")) for seed in (0, 0, 1)
    )
    assert first.digest == again.digest != other.digest
    assert first.train_images.shape == (10000, 1, 8, 8) and len(first.test_images) == 2000
    images = first.train_images
    assert abs(images.mean()) < 0.01 and abs(images.std() - 1) < 0.01
    counts = np.bincount(first.train_labels)
    assert len(counts) == 2 and abs(counts - 5000).max() < 250
    # Random labels are independent of the inputs.
    means = [images[first.train_labels == label].mean(axis=0) for label in (0, 1)]
    assert np.abs(means[0] - means[1]).max() < 5 * np.sqrt(2 / 5000)


def test_a_teacher_s_labels_can_be_learned_and_all_classes_occur(configure):
    taught = ["dataset=gaussian", "dataset.labels=teacher", "dataset.num_classes=3"]
    data = load(configure(*taught))
    assert np.bincount(data.train_labels).min() > 300
    from sklearn.linear_model import LogisticRegression

    flat = data.train_images.reshape(len(data.train_images), -1)
    model = LogisticRegression(max_iter=200).fit(flat, data.train_labels)
    score = model.score(data.test_images.reshape(len(data.test_images), -1), data.test_labels)
    assert score > np.bincount(data.test_labels).max() / len(data.test_labels) + 0.05


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("dataset.num_classes=1", r"dataset\.num_classes=1: give a number from 2"),
        ("dataset.side=0", r"dataset\.side=0: give a number from 1"),
        ("dataset.name=mnist", r"dataset\.name=mnist: choose the option itself"),
    ],
)
def test_impossible_data_are_refused(configure, override, said):
    with pytest.raises(UserError, match=said):
        configure("dataset=gaussian", override)
