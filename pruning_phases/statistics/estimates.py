"""Estimates over replicas, with their errors. Arrays in, arrays out."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def mean_and_error(values: ArrayLike, axis: int = 0) -> tuple[Array, Array]:
    """The mean and its standard error s / sqrt(R), s^2 with R - 1; one value has error NaN."""
    data = np.asarray(values, dtype=np.float64)
    count = data.shape[axis]
    mean = data.mean(axis=axis)
    if count < 2:
        return mean, np.full_like(mean, np.nan)
    return mean, data.std(axis=axis, ddof=1) / np.sqrt(count)


def first_below(x: ArrayLike, curves: ArrayLike, threshold: float) -> Array:
    """The x [batch] at which curves [batch, points] first fall below a threshold, in order of x.

    Linear between points. Infinite if a curve never falls below, NaN if it starts below.
    """
    positions, values = np.asarray(x, dtype=np.float64), np.asarray(curves, dtype=np.float64)
    below = values < threshold
    first = below.argmax(axis=1)
    found = np.where(below.any(axis=1), np.nan, np.inf)
    rows = np.flatnonzero(below.any(axis=1) & (first > 0))
    at = first[rows]
    high, low = values[rows, at - 1], values[rows, at]
    step = positions[at] - positions[at - 1]
    found[rows] = positions[at - 1] + (high - threshold) / (high - low) * step
    return found


def susceptibility(order: ArrayLike, num_weights: float, axis: int = 0) -> Array:
    """chi = n Var(A) over replicas, n the number of prunable weights, Var with R - 1.

    The variance of an intensive order parameter times the size of the system. NaN for one replica.
    """
    data = np.asarray(order, dtype=np.float64)
    if data.shape[axis] < 2:
        return np.full_like(data.mean(axis=axis), np.nan)
    return num_weights * data.var(axis=axis, ddof=1)


def binder_cumulant(order: ArrayLike, axis: int = 0) -> Array:
    """U = 1 - <m^4> / (3 <m^2>^2) over replicas: 2/3 in an ordered phase, 0 for a Gaussian.

    NaN where every m is 0.
    """
    data = np.asarray(order, dtype=np.float64)
    second, fourth = (data**2).mean(axis=axis), (data**4).mean(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(second > 0, 1 - fourth / (3 * second**2), np.nan)
