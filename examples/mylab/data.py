import numpy as np
from sklearn.datasets import load_digits

from pruning_phases.data.dataset import Dataset


def load(data_dir, seed, classes=(0, 1, 2), num_test=100):
    """Some of scikit-learn's digits: images [n, 1, 8, 8], labels from 0 to len(classes) - 1."""
    images, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(np.flatnonzero(np.isin(digits, classes)))
    images = images[order].reshape(-1, 1, 8, 8).astype(np.float32)
    labels = np.array([list(classes).index(digit) for digit in digits[order]], dtype=np.int64)
    train, test = slice(num_test, None), slice(num_test)
    return Dataset(images[train], labels[train], images[test], labels[test], len(classes))
