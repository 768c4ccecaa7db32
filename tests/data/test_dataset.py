"""The digits and label noise."""

import numpy as np

from pruning_phases.data.registry import load


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
