"""Numbers per size that tell a transition from a crossover, with errors from resampled replicas.

N is the number of degrees of freedom. Exponents are with respect to N, so that the dimension of the
system need not be known. m is the order parameter and p the control parameter, both per replica.

    half point p*    where the mean of m has covered half of its height
    width w          shortest interval of ln p within which the mean covers a quarter of the height,
                     which is the same for all sizes. w is relative, w ~ dp / p*: a fixed w with
                     p* ~ 1/N is a crossover at a number of weights, not a transition at a density
    variance peak    shortest interval of ln p that holds half of the integral of Var(m)
    chi              N Var(m), the susceptibility; its peak
    within v         smallest fraction of Var(m) that is left within two groups of replicas

Sources: Privman (ed.), Finite Size Scaling and Numerical Simulation of Statistical Systems, World
Scientific 1990; Engelman and Hartigan, J. Am. Stat. Assoc. 64, 1647 (1969) for v.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pruning_phases.statistics.crossings import Located, SampledCurve, peak, size_exponent
from pruning_phases.statistics.curves import SizedCurve
from pruning_phases.statistics.estimates import first_below
from pruning_phases.statistics.resampling import MOST_LOST, half_width, replica_fractions

Array = NDArray[np.float64]

STEEPEST = 0.25  # fraction of the height over which the width is measured

HALF = 0.5 - 1e-9  # of the integral of the variance; rounding must not make it unattainable

LARGEST_STEP = 0.4  # of the mean between two points, as a fraction of the height

SMALLEST_GROUP = 0.1  # fraction of the replicas in the smaller one of two groups

COEXISTENCE = 0.75  # of the largest variance: two groups then hold a quarter or more each

NUM_NULL = 2000  # samples of the null hypothesis of one mode


@dataclass(frozen=True)
class Moments:
    """Mean and variance of m [1 + batch, points]: as measured in row 0, then resampled."""

    control: Array
    mean: Array
    variance: Array


def degrees_of_freedom(curves: list[SizedCurve]) -> list[SizedCurve]:
    """Curves whose ``num_weights`` is N: the number of weights, or the size where they all agree.

    With ``size=train_size`` all networks have the same weights, and N is the size itself.
    """
    if len({item.num_weights for item in curves}) > 1:
        return curves
    return [replace(item, num_weights=item.size) for item in curves]


def moments(item: SizedCurve, generator: np.random.Generator, batch: int) -> Moments:
    """Means and variances (R - 1) of resampled replicas; a replica's points stay together."""
    values = item.curve.values - item.curve.floor
    count = len(values)
    fractions = np.vstack([np.full(count, 1 / count), replica_fractions(generator, count, batch)])
    centre = values.mean(axis=0)  # subtracted before squares are, against rounding
    shift = fractions @ (values - centre)
    variance = (fractions @ (values - centre) ** 2 - shift**2) * count / (count - 1)
    variance[1:] *= count / (count - 1)  # samples with replacement have (R - 1) / R of it
    return Moments(item.curve.control, centre + shift, np.maximum(variance, 0.0))


def falling(curves: list[Moments]) -> float:
    """Sign that makes the means fall with the control: 1 or -1."""
    return -float(np.sign(sum(one.mean[0, -1] - one.mean[0, 0] for one in curves)) or 1.0)


def half_points(size: float, one: Moments, sign: float) -> Located:
    """The control at which the mean is halfway between its largest and its smallest value."""
    mean = sign * one.mean
    level = (mean[0].max() + mean[0].min()) / 2
    found = first_below(one.control, mean, level)
    found = np.where(np.isfinite(found), found, np.nan)
    if np.isnan(found[0]) or np.isnan(found[1:]).mean() > MOST_LOST:
        return Located((size,), None, reason="the mean does not pass half of its height")
    return Located((size,), (float(found[0]), float(half_width(found[1:]))), samples=found[1:])


def shortest_intervals(x: Array, falling_means: Array, drop: float) -> Array:
    """Shortest interval [batch] of x within which curves [batch, points] fall by ``drop``.

    x is ascending. Curves are linear between points, so that one end of the shortest interval is a
    point. Infinite for curves that fall by less.
    """
    shortest = np.full(len(falling_means), np.inf)
    for index in range(len(x)):
        start = falling_means[:, index : index + 1]
        onwards = first_below(x[index:], falling_means[:, index:] - start, -drop)
        backwards = first_below(x[index::-1], start - falling_means[:, index::-1], -drop)
        for end in (onwards, backwards):
            shortest = np.fmin(shortest, np.abs(end - x[index]))
    return shortest


def width(size: float, one: Moments, sign: float, height: float) -> tuple[Located, bool]:
    """The width w, and True if it is resolved: no step between two points is a large part of it."""
    x = np.log(one.control)
    found = shortest_intervals(x, sign * one.mean, STEEPEST * height)
    if not np.isfinite(found[0]) or np.isinf(found[1:]).mean() > MOST_LOST:
        reason = f"the mean does not cover {STEEPEST:.0%} of the height of all sizes"
        return Located((size,), None, reason=reason), False
    error = float(half_width(found[1:][np.isfinite(found[1:])]))
    largest_step = float(np.abs(np.diff(one.mean[0])).max())
    return Located((size,), None, (float(found[0]), error)), largest_step <= LARGEST_STEP * height


def peak_width(size: float, one: Moments) -> Located:
    """Width of the variance's peak: the shortest interval of ln p that holds half of its integral.

    N^(-1/(d nu)) at a continuous transition, also where beta is 1 or larger and the mean does not
    sharpen, as for the giant component of random graphs.
    """
    x, variance = np.log(one.control), one.variance
    areas = (variance[:, 1:] + variance[:, :-1]) / 2 * np.diff(x)
    integral = np.pad(areas.cumsum(axis=1), ((0, 0), (1, 0)))
    if not (integral[:, -1] > 0).all():
        return Located((size,), None, reason="the replicas do not differ")
    found = shortest_intervals(x, -integral / integral[:, -1:], HALF)
    return Located((size,), None, (float(found[0]), float(half_width(found[1:]))))


def within_fraction(values: Array) -> Array:
    """Smallest fraction [batch] of the variance of values [batch, n] that two groups leave.

        v = min_k [ S(x_1 .. x_k) + S(x_k+1 .. x_n) ] / S(x_1 .. x_n),    S = sum (x - mean)^2

    of sorted values x. Either group holds SMALLEST_GROUP of the values or more. -n/2 ln v is the
    logarithm of the ratio of the likelihoods of two normal groups of equal variance and of one
    (Engelman and Hartigan 1969). A normal distribution has v = 1 - 2/pi = 0.36, a uniform one 0.25,
    two sharp values 0. NaN where all values are equal.
    """
    x = np.sort(values, axis=1)
    x = x - x.mean(axis=1, keepdims=True)
    count = x.shape[1]
    least = max(2, int(np.ceil(SMALLEST_GROUP * count)))
    lower = np.arange(least, count - least + 1)
    if not len(lower):
        return np.full(len(x), np.nan)
    sums = x.cumsum(axis=1)[:, lower - 1]
    between = sums**2 * count / (lower * (count - lower))  # the sum over the upper group is -sums
    total = (x**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, np.maximum(1 - between.max(axis=1) / total, 0.0), np.nan)


@dataclass(frozen=True)
class Modes:
    """Distribution of m over the replicas at the control of largest variance."""

    control: float
    values: Array  # [replicas]
    within: Located  # v with the error of a fraction of it
    p_value: float  # probability of so small a v in samples of a uniform distribution


def modes(item: SizedCurve, one: Moments, generator: np.random.Generator, batch: int) -> Modes:
    """v around the largest variance, and its probability if the distribution had one mode.

    v is averaged over the control values with at least COEXISTENCE of the largest variance,
    weighted with their variance. The null hypothesis is one uniform distribution, since no other
    one with a single mode comes nearer to two (as in Hartigan's dip test, Ann. Stat. 13, 70, 1985).
    """
    variance = one.variance[0]
    points = np.flatnonzero(variance >= COEXISTENCE * variance.max())
    values, weights = item.curve.values[:, points], variance[points]
    size, count = (item.num_weights,), len(values)
    control = float(one.control[variance.argmax()])
    shown = item.curve.values[:, variance.argmax()]
    found = np.average(within_fraction(values.T), weights=weights) if weights.all() else np.nan
    if not np.isfinite(found):
        located = Located(size, None, reason="too few replicas, or all of equal order parameter")
        return Modes(control, shown, located, np.nan)
    null = within_fraction(generator.random((NUM_NULL, count)))
    p_value = float((np.count_nonzero(null <= found) + 1) / (NUM_NULL + 1))
    chosen = generator.integers(count, size=(batch, count))
    samples = [within_fraction(column[chosen]) for column in values.T]
    drawn = np.average(samples, axis=0, weights=weights)
    error = float(half_width(np.log(drawn[drawn > 0]))) * found if (drawn > 0).any() else 0.0
    return Modes(control, shown, Located(size, None, (float(found), error)), p_value)


def exponent(located: list[Located]) -> tuple[float, float] | None:
    """d ln(value) / d ln(N) over the sizes that have a value; None with fewer than three."""
    known = [one for one in located if one.value and one.value[0] > 0 and one.value[1] > 0]
    return size_exponent(known) if len(known) > 2 else None


def susceptibility_peak(size: float, one: Moments) -> Located:
    """Position and height of the peak of chi = N Var(m).

    Smoothed over the index of the control values rather than over the control, so that a grid that
    is finer at the transition resolves its peak.
    """
    chi, index = size * one.variance, np.arange(len(one.control), dtype=np.float64)
    error = np.maximum(chi[1:].std(axis=0), 1e-12)
    found = peak(SampledCurve(size, index, chi[0], error, chi[1:]))
    if found.control is None:
        return found
    place, spread = found.control
    low, centre, high = np.interp([place - spread, place, place + spread], index, one.control)
    return replace(found, control=(float(centre), float((high - low) / 2)))


def num_in_peak(one: Moments) -> float:
    """Effective number of control values in the peak of the variance: (sum V)^2 / sum V^2."""
    variance = one.variance[0]
    total = (variance**2).sum()
    return float(variance.sum() ** 2 / total) if total > 0 else 0.0
