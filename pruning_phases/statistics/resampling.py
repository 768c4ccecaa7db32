"""Resampling of replicas with replacement, and the errors of resampled values."""

import numpy as np
from numpy.typing import ArrayLike

from pruning_phases.statistics.estimates import Array

MOST_LOST = 0.16  # fraction of resampled curves without a feature beyond which there is none

ONE_SIGMA = (15.865525393145708, 84.1344746068543)  # percentiles


def half_width(values: ArrayLike, axis: int = 0) -> Array:
    """Half the width of the central 68.3% of resampled values: one standard error. Ignores NaN."""
    low, high = np.nanpercentile(np.asarray(values, dtype=np.float64), ONE_SIGMA, axis=axis)
    return (high - low) / 2


def replica_fractions(generator: np.random.Generator, count: int, batch: int) -> Array:
    """Fraction [batch, count] of each of ``count`` replicas in samples with replacement."""
    chosen = generator.integers(count, size=(batch, count))
    return np.stack([(chosen == replica).mean(axis=1) for replica in range(count)], axis=1)


def resampled_deviations(values: Array, fractions: Array) -> Array:
    """Deviations [batch, points] of resampled means from the mean of values [replicas, points].

    Multiplied by sqrt(R / (R - 1)): samples from R values have (R - 1) / R of their variance. The
    points of a replica are resampled together, since they are not independent.
    """
    count = len(values)
    return (fractions @ values - values.mean(axis=0)) * np.sqrt(count / (count - 1))
