"""Averages over fits to parts of the points, and their errors.

Pure functions on arrays [fits, names]: one row per fit, one column per quoted parameter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_distribution

from pruning_phases.statistics.resampling import half_width

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ACCEPTABLE = 1.25  # chi^2/dof of an acceptable fit, in units of the least one or of 1

UNLIKELY = 0.01  # probability of a larger chi^2 for a correct fit, below which it is not acceptable

SIGNIFICANT = 1.5  # errors of a shift beyond which it belongs to the error of a parameter

MUCH_LARGER = 6.0  # times the error of the widest fit: one larger error and a fit does not count


@dataclass(frozen=True)
class Average:
    """Quoted values [names] with both parts of their errors."""

    value: Array
    statistical: Array
    spread: Array
    weight: Array  # [fits]


def largest_acceptable(dof: int | Array) -> Array:
    """The chi^2/dof up to which a fit describes its points.

    ACCEPTABLE, or where ``dof`` is small the one that a correct fit exceeds with the probability
    UNLIKELY.
    """
    return np.maximum(ACCEPTABLE, chi2_distribution.isf(UNLIKELY, dof) / dof)


def acceptable(chi2_per_dof: Array, dof: Array) -> Mask:
    """Fits [fits] with chi^2/dof <= largest_acceptable max(1, least chi^2/dof)."""
    return chi2_per_dof <= largest_acceptable(dof) * max(1.0, float(chi2_per_dof.min()))


def monotonic(error: Array, contains: Mask) -> Array:
    """Errors [fits, names], each at least that of every fit to more points with fewer assumptions.

    ``contains`` [i, j]: fit i has all points of fit j and no parameter that j lacks. Its errors
    cannot be larger than those of j, so a smaller error of j belongs to an accidental minimum.
    """
    largest: Array = np.where(contains[:, :, None], error[:, None, :], 0.0).max(axis=0)
    return np.maximum(error, largest)


def average(
    value: Array, error: Array, deviation: Array, widest: int, largest_error: float = MUCH_LARGER
) -> Average:
    """Mean over the fits whose errors are all at most ``largest_error`` times those of ``widest``.

    value = sum_i w_i v_i with equal weights w_i. spread = sqrt(sum_i w_i (v_i - value)^2).
    statistical: the middle between half the central 68% of sum_i w_i d_i and sum_i w_i error_i, d
    the ``deviation`` [fits, batch, names] of refits to resampled data, the same data for all fits.
    The first lacks the dependence of the choice of fits on the noise, the second takes all fits as
    fully correlated. Not below the error of ``widest``, since no average of fits to parts is more
    precise than the fit to all. ``value``, ``error`` [fits, names] in the units of the parameters.
    The weights do not follow the errors: corrections to scaling shift the fits of smallest error
    most.
    """
    weight = _equal_weights(error, widest, largest_error)
    quoted = weight @ value
    scatter = half_width(np.tensordot(weight, deviation, axes=1))
    statistical = (scatter + weight @ error) / 2
    spread = np.sqrt(weight @ (value - quoted) ** 2)
    return Average(quoted, np.maximum(statistical, error[widest]), spread, weight)


def around_widest(value: Array, error: Array, widest: int) -> Average:
    """The values of one fit, ``widest``, with the spread of the others about it."""
    weight = _equal_weights(error, widest, MUCH_LARGER)
    spread = np.sqrt(weight @ (value - value[widest]) ** 2)
    return Average(value[widest], error[widest], spread, weight)


def _equal_weights(error: Array, widest: int, largest_error: float) -> Array:
    kept = (error <= largest_error * error[widest]).all(axis=1)
    return kept / kept.sum()


def significant_shift(value: Array, deviation: Array) -> Array:
    """|v_1 - v_0| [names] of two fits where it exceeds SIGNIFICANT of its errors, else 0.

    ``value`` [2, names]; ``deviation`` [2, batch, names] of refits to the same resampled data, of
    which d_1 - d_0 gives the error of the shift.
    """
    shift = np.abs(value[1] - value[0])
    return np.where(shift > SIGNIFICANT * half_width(deviation[1] - deviation[0]), shift, 0.0)
