"""The Cubist Spiral: two polygonal spirals in the plane, one for each class (arXiv 2407.04075).

An example is a point: an image of one channel, one row and two columns, x and y. There is no test
set, so accuracy is measured on all points, those of the training set among them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import LARGEST_COUNT, key
from pruning_phases.data.dataset import Dataset

NUM_SEGMENTS = 16
OFFSETS = (15.0, -15.0)  # from the radius of the centre line, of the classes 0 and 1

Points = NDArray[np.float64]


@dataclass
class CubistSpiralConfig(DatasetConfig):
    """Keys of the points; without noise they are the same for every seed."""

    points_per_class: int = key(
        25000, "points of each class, less a few since segments have whole numbers of points",
        at_least=2 * NUM_SEGMENTS, at_most=LARGEST_COUNT,
    )  # fmt: skip
    noise: float = key(
        0.0, "standard deviation of normal noise on both coordinates, before they are "
        "standardized; neighbouring arms of the spirals are some 30 apart",
        at_least=0, at_most=1e6,
    )  # fmt: skip

    def num_bytes(self) -> int:
        """Bytes that ``load`` fills at least: coordinates in float64 and in float32."""
        return 2 * 2 * 12 * self.points_per_class


CONFIG = CubistSpiralConfig


def load(config: CubistSpiralConfig, data_dir: str, seed: int) -> Dataset:
    from pruning_phases.streams import stream_key

    arms = [arm(offset, config.points_per_class) for offset in OFFSETS]
    points = np.concatenate(arms)
    if config.noise:
        generator = np.random.default_rng(stream_key(seed, "cubist_spiral"))
        points = points + config.noise * generator.standard_normal(points.shape)
    images = standardized(points).astype(np.float32)[:, None, None, :]
    labels = np.repeat([0, 1], [len(one) for one in arms])
    return Dataset(images, labels, images, labels, num_classes=2, has_test_set=False)


def arm(offset: float, num_points: int) -> Points:
    """Points [n, 2] of one class, n some ten below ``num_points``: (r cos(theta), r sin(theta)).

    The corners are at theta_k = pi + k pi/4 + 0.4 pi and r_k = 10 theta_k + pi + offset, k = 0 to
    16, two turns. A segment of length l has floor(num_points l / L) points, L the length of the
    whole, evenly spaced with both of its ends. arXiv 2407.04075, its published code.
    """
    theta = np.pi * (1.4 + np.arange(NUM_SEGMENTS + 1) / 4)
    radius = 10 * theta + np.pi + offset
    corners = np.stack([radius * np.cos(theta), radius * np.sin(theta)], axis=1)
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    counts = np.floor(num_points * lengths / lengths.sum()).astype(int)
    return np.concatenate([
        np.linspace(begin, end, count)
        for begin, end, count in zip(corners[:-1], corners[1:], counts, strict=True)
    ])  # fmt: skip


def standardized(points: Points) -> Points:
    """Shift and scale each coordinate of points [n, 2] to mean 0 and variance 1 (of n - 1)."""
    return (points - points.mean(axis=0)) / points.std(axis=0, ddof=1)
