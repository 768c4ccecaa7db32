"""The phases of dropout: how the loss scales with the training set, and what that says.

For networks trained at p_train on N examples and evaluated at p_eval, with C classes
(arXiv 2603.12316):

    eumentia    alpha = -d ln L / d ln N > 0: the loss falls as a power of N, the network learns
    dementia    alpha <= 0, though the same networks learn at another p_eval: it has forgotten
    amentia     L = ln C at whatever p_eval: it cannot learn

Measured exponents are never exactly 0, so "alpha > 0" is read as "alpha above ``least_alpha``", and
"cannot learn" as "no p_eval gains ``least_gain`` of ln C". Each phase has a probability; the
largest one is the confidence, and below the confidence asked for a point is undecided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from pruning_phases.analysis.common.losses import Losses
from pruning_phases.statistics.estimates import mean_and_error

Array = NDArray[np.float64]

PHASES = ("eumentia", "dementia", "amentia")

UNDECIDED = "undecided"

SMALLEST_ERROR = 1e-9  # networks that agree in every digit have no spread to divide by

OFF_BRANCH = 1.1  # a loss this many times the best one of its p_train is off the learning branch


@dataclass(frozen=True)
class Slopes:
    """alpha at every point [p_train, control], with its errors."""

    alpha: Array
    statistical: Array  # standard error over replicas
    systematic: Array  # the larger shift when the smallest or the largest size is left out
    num_replicas: int

    @property
    def error(self) -> Array:
        return np.hypot(self.statistical, self.systematic)

    @property
    def dof(self) -> Array:
        """Degrees of freedom of the total error, after Welch and Satterthwaite: R - 1 for the
        statistical part, any number for the other."""
        return (self.num_replicas - 1) * (self.error / self.statistical) ** 4


@dataclass(frozen=True)
class Boundary:
    """Where something crosses its threshold along one axis; value None: nowhere, with a reason."""

    value: float | None
    error: float | None
    bracket: tuple[float, float] | None = None  # neighbouring grid points on its two sides
    reason: str | None = None


def scaling_exponent(sizes: ArrayLike, losses: ArrayLike) -> Array:
    """alpha = -d ln L / d ln N by least squares over ln N: losses [..., sizes] -> [...].

    Dimensionless; positive where more data helps. arXiv 2603.12316.
    """
    x = np.log(np.asarray(sizes, dtype=np.float64))
    y = np.log(np.asarray(losses, dtype=np.float64))
    centred = x - x.mean()
    return -(y * centred).sum(axis=-1) / (centred**2).sum()


def slopes(losses: Losses) -> Slopes:
    """alpha of each replica by itself, then mean and standard error: what replicas of different N
    have in common (initial weights, examples) then does no harm."""
    values = np.moveaxis(losses.values, 2, -1)  # [p_train, control, replicas, sizes]
    alpha = scaling_exponent(losses.sizes, values)
    mean, statistical = mean_and_error(alpha, axis=-1)
    shifts = [
        np.abs(scaling_exponent(losses.sizes[part], values[..., part]).mean(axis=-1) - mean)
        for part in (slice(1, None), slice(None, -1))
    ]
    return Slopes(
        mean, np.maximum(statistical, SMALLEST_ERROR), np.maximum(*shifts), alpha.shape[-1]
    )


def probabilities(losses: Losses, found: Slopes, least_alpha: float, least_gain: float) -> Array:
    """P(phase) [phases, p_train, control] in the order of PHASES; what is missing to 1 is neither.

    Amentia is a loss at ln C, within least_gain of it on both sides: losses far above ln C at every
    p_eval that was measured do not say that the networks cannot learn.

    Errors of means over R replicas follow Student's t with R - 1 degrees of freedom.
    """
    learns = found.alpha - least_alpha
    rises = student.cdf(learns / found.error, found.dof)
    threshold = least_gain * np.log(losses.num_classes)
    gain = _gain(losses)
    gains_less, far_above = _below(gain, threshold), _below(gain, -threshold)
    able, amentia = 1 - gains_less[:, None], gains_less - far_above
    off_branch = 1 - _below(_distance(losses), np.log(OFF_BRANCH))
    return np.stack(
        [
            able * rises,
            able * (1 - rises) * off_branch,
            np.broadcast_to(amentia[:, None], rises.shape),
        ]
    )


def _gain(losses: Losses) -> Array:
    """ln C - L at the largest size and the p_eval where that is largest: [p_train, replicas]."""
    gain = np.log(losses.num_classes) - losses.at_largest
    best = gain.mean(axis=2).argmax(axis=1)
    return gain[np.arange(len(best)), best]


def _distance(losses: Losses) -> Array:
    """ln(L / best L of this p_train) at the largest size: [p_train, control, replicas]."""
    logarithm = np.log(losses.at_largest)
    best = logarithm.mean(axis=2).argmin(axis=1)
    return logarithm - logarithm[np.arange(len(best)), best][:, None]


def _below(values: Array, threshold: float) -> Array:
    """The probability that the mean of values [..., replicas] lies below ``threshold``."""
    mean, error = mean_and_error(values, axis=-1)
    excess = (threshold - mean) / np.maximum(error, SMALLEST_ERROR)
    return np.asarray(student.cdf(excess, values.shape[-1] - 1), dtype=np.float64)


def phase_of(probability: Array, confidence: float) -> str:
    """The most probable phase of one point, or undecided. probability: [phases]."""
    best = int(probability.argmax())
    return PHASES[best] if probability[best] >= confidence else UNDECIDED


def learning_ends(losses: Losses, found: Slopes, row: int, least_alpha: float) -> Boundary:
    """Along the control, where alpha falls through least_alpha for good: eumentia's boundary."""
    return _falls_through(losses.control, found.alpha[row], found.error[row], least_alpha, "alpha")


def ability_ends(losses: Losses, least_gain: float) -> Boundary:
    """Along p_train, where the best p_eval no longer gains least_gain of ln C: amentia begins."""
    gain, error = mean_and_error(_gain(losses), axis=1)
    threshold = least_gain * np.log(losses.num_classes)
    if gain[-1] < -threshold:
        reason = "at the largest p_train the loss is above ln C at every p_eval measured"
        return Boundary(None, None, reason=f"{reason}: add smaller ones")
    return _falls_through(losses.p_train, gain, error, threshold, "the gain")


def _falls_through(x: Array, y: Array, error: Array, threshold: float, what: str) -> Boundary:
    """Where y falls through the threshold for good. The error holds how far that place moves when
    all of y moves by its errors, up or down, and the interval's width / sqrt(12) for what happens
    between grid points."""
    place = _last_fall(x, y, threshold)
    if place is None:
        above = y > threshold
        side = "above" if above.all() else "below" if not above.any() else "not through"
        where = "at the last point" if side == "not through" else "at all points"
        return Boundary(None, None, reason=f"{what} is {side} {threshold:.3g} {where}")
    value, bracket = place
    moved = [_last_fall(x, y + sign * error, threshold) for sign in (1, -1)]
    # Not within what was measured: then it is beyond the end on that side.
    ends = [found[0] if found else end for found, end in zip(moved, (x[-1], x[0]), strict=True)]
    own = max(abs(end - value) for end in ends)
    spread = (bracket[1] - bracket[0]) / np.sqrt(12)
    return Boundary(value, float(np.hypot(own, spread)), bracket)


def _last_fall(x: Array, y: Array, threshold: float) -> tuple[float, tuple[float, float]] | None:
    """By linear interpolation in the last interval in which y falls through the threshold, with
    that interval; None if y ends above it or never falls through."""
    above = y > threshold
    falls = np.flatnonzero(above[:-1] & ~above[1:])
    if above[-1] or not len(falls):
        return None
    left = int(falls[-1])
    low, high = float(x[left]), float(x[left + 1])
    share = float((y[left] - threshold) / (y[left] - y[left + 1]))
    return low + share * (high - low), (low, high)
