"""The Cubist Spiral: numbers of points, ranges, distance of the classes, as computed elsewhere."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from pruning_phases.data.cubist_spiral import CubistSpiralConfig, arm, load

CONFIG = CubistSpiralConfig("cubist_spiral")


def points_of(dataset):
    return dataset.train_images[:, 0, 0].astype(float), dataset.train_labels


def test_points_ranges_and_the_distance_of_the_classes():
    points, labels = points_of(load(CONFIG, "", 0))
    assert np.bincount(labels).tolist() == [24991, 24991]
    low, high = points.min(axis=0), points.max(axis=0)
    np.testing.assert_allclose([*low, *high], [-1.69, -2.20, 1.77, 1.74], atol=0.005)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(points.std(axis=0, ddof=1), 1, atol=1e-6)
    distances, _ = cKDTree(points[labels == 0]).query(points[labels == 1])
    assert distances.min() == pytest.approx(0.305, abs=0.001)


def test_every_segment_has_both_ends_and_even_spaces():
    points = arm(15.0, 1000)
    radii = np.linalg.norm(points, axis=1)
    angle = 1.4 * np.pi
    assert radii[0] == pytest.approx(10 * angle + np.pi + 15)
    assert radii[-1] == pytest.approx(10 * (angle + 4 * np.pi) + np.pi + 15)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    # A corner belongs to two segments: the step between its two points is 0.
    assert (steps < 1e-9).sum() == 15
    assert 985 <= len(points) <= 1000
    first = steps[: int(np.argmin(steps))]
    np.testing.assert_allclose(first, first[0])


def test_test_points_are_the_training_points():
    dataset = load(CONFIG, "", 0)
    assert dataset.test_images is dataset.train_images
    assert dataset.test_labels is dataset.train_labels


def test_noise_moves_the_points_of_a_seed():
    noisy = CubistSpiralConfig("cubist_spiral", noise=3.0)
    one, other, clean = (points_of(load(*args))[0] for args in
                         ((noisy, "", 1), (noisy, "", 2), (CONFIG, "", 1)))  # fmt: skip
    assert np.array_equal(one, points_of(load(noisy, "", 1))[0])
    assert not np.array_equal(one, other)
    # The radius of the largest corner, 173, is about 2.5 in standardized coordinates.
    assert 0.02 < np.sqrt(((one - clean) ** 2).mean()) < 0.06


def test_the_points_do_not_depend_on_the_seed_without_noise():
    assert np.array_equal(load(CONFIG, "", 1).train_images, load(CONFIG, "", 2).train_images)
