"""Estimates over replicas, with their errors. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pruning_phases.statistics.estimates import Array

ONE_SIGMA = (15.865525393145708, 84.1344746068543)  # percentiles


def half_width(values: ArrayLike, axis: int = 0) -> Array:
    """Half the central 68.3% of resampled values, NaN left out: their one-sigma error."""
    low, high = np.nanpercentile(np.asarray(values, dtype=np.float64), ONE_SIGMA, axis=axis)
    return (high - low) / 2


def replica_shares(generator: np.random.Generator, count: int, batch: int) -> Array:
    """[batch, count]: the share of each of ``count`` replicas in draws with replacement."""
    drawn = generator.integers(count, size=(batch, count))
    return np.stack([(drawn == replica).mean(axis=1) for replica in range(count)], axis=1)


def resampled_deviations(values: Array, shares: Array) -> Array:
    """Deviations [batch, points] of resampled means from the mean of values [replicas, points].

    Widened by sqrt(R / (R - 1)), since drawing from R values shows less than their spread. All
    points of a replica stay together: they are not independent.
    """
    count = len(values)
    return (shares @ values - values.mean(axis=0)) * np.sqrt(count / (count - 1))
