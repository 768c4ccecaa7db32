"""Phases of dropout, told apart by the scaling of the loss with the training-set size.

For networks trained at p_train on N examples and evaluated at p_eval, with C classes
(arXiv 2603.12316):

    eumentia    alpha = -d ln L / d ln N > 0: the loss falls as a power of N, the network learns
    dementia    alpha <= 0, though the same networks learn at another p_eval: it has forgotten
    amentia     L = ln C at every p_eval: it cannot learn

Measured exponents are never exactly 0, so "alpha > 0" is read as "alpha above ``least_alpha``", and
"cannot learn" as "no p_eval lowers the loss by ``least_gain`` ln C". Each phase has a probability;
the largest one is the confidence. A point with less than the required confidence is undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from pruning_phases.analysis.common.losses import SPARSITY, Losses, loss_curves
from pruning_phases.statistics.crossings import FEWEST_SPLINES, crossing, extrapolate
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.phases import scaling_exponent
from pruning_phases.statistics.quote import number

if TYPE_CHECKING:
    from pruning_phases.analysis.phase_diagram.config import PhaseDiagramConfig

Array = NDArray[np.float64]

PHASES = ("eumentia", "dementia", "amentia")

UNDECIDED = "undecided"

SMALLEST_ERROR = 1e-9  # in place of 0, where all networks agree in every digit

OFF_BRANCH = 1.1  # a loss this many times the best one of its p_train is off the learning branch


@dataclass(frozen=True)
class Slopes:
    """Exponents alpha [p_train, control] with their errors."""

    alpha: Array
    statistical: Array  # standard error over replicas
    systematic: Array  # the larger shift when the smallest or the largest size is left out
    num_replicas: int

    @property
    def error(self) -> Array:
        return np.hypot(self.statistical, self.systematic)

    @property
    def dof(self) -> Array:
        """Degrees of freedom of the total error, after Welch and Satterthwaite.

        The statistical error has R - 1 of them, the systematic error counts as exactly known.
        """
        return (self.num_replicas - 1) * (self.error / self.statistical) ** 4


@dataclass(frozen=True)
class Boundary:
    """Crossing of a threshold along one axis with its error, or the reason why there is none."""

    value: float | None
    error: float | None
    bracket: tuple[float, float] | None = None  # neighbouring grid points on its two sides
    reason: str | None = None
    parts: dict[str, float] | None = None  # of the error: what each source shifts the value by


def slopes(losses: Losses) -> Slopes:
    """Fit alpha to each replica, then take mean and standard error over replicas.

    The losses of one replica at different N are correlated (same initial weights and examples);
    alphas of different replicas are independent.
    """
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
    """P(phase) [phases, p_train, control] in the order of PHASES; their sum may be less than 1.

    Amentia is a loss within least_gain ln C of ln C, on both sides: losses far above ln C at every
    measured p_eval do not show that the networks cannot learn.

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
    """ln C - L at the largest size and the best p_eval: [p_train, replicas]."""
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
    """End of eumentia: the control above which alpha stays below least_alpha."""
    parts = {"replicas": found.statistical[row], "sizes": found.systematic[row]}
    return _falls_through(losses.control, found.alpha[row], parts, least_alpha, "alpha")


def ability_ends(losses: Losses, least_gain: float) -> Boundary:
    """Begin of amentia: the p_train above which no p_eval lowers the loss by least_gain ln C."""
    gain, error = mean_and_error(_gain(losses), axis=1)
    threshold = least_gain * np.log(losses.num_classes)
    if gain[-1] < -threshold:
        reason = "at the largest p_train the loss is above ln C at every p_eval measured"
        return Boundary(None, None, reason=f"{reason}: add smaller ones")
    return _falls_through(losses.p_train, gain, {"replicas": error}, threshold, "the gain")


def _falls_through(
    x: Array, y: Array, errors: dict[str, Array], threshold: float, name: str
) -> Boundary:
    """The x above which y stays below the threshold, and its error.

    The error combines two parts: the larger shift of this x when all of y moves up or down by its
    total errors, and the width of the grid interval / sqrt(12) for the interpolation. The parts
    are the shifts by each source alone.
    """
    fall = _last_fall(x, y, threshold)
    if fall is None:
        above = y > threshold
        side = "above" if above.all() else "below" if not above.any() else "not through"
        where = "at the last point" if side == "not through" else "at all points"
        return Boundary(None, None, reason=f"{name} is {side} {threshold:.3g} {where}")
    value, bracket = fall

    def shift(error: Array) -> float:
        moved = [_last_fall(x, y + sign * error, threshold) for sign in (1, -1)]
        # Without a fall inside the measured range it lies beyond the end on that side.
        ends = [found[0] if found else end for found, end in zip(moved, (x[-1], x[0]), strict=True)]
        return float(max(abs(end - value) for end in ends))

    parts = {source: shift(error) for source, error in errors.items()}
    parts["interpolation"] = float((bracket[1] - bracket[0]) / np.sqrt(12))
    total = shift(np.sqrt(sum(error**2 for error in errors.values())))
    return Boundary(value, float(np.hypot(total, parts["interpolation"])), bracket, parts=parts)


def _last_fall(x: Array, y: Array, threshold: float) -> tuple[float, tuple[float, float]] | None:
    """Interpolate linearly in the last interval in which y falls through the threshold.

    Returns the position and the interval, or None if y ends above the threshold or never falls
    through it.
    """
    above = y > threshold
    falls = np.flatnonzero(above[:-1] & ~above[1:])
    if above[-1] or not len(falls):
        return None
    left = int(falls[-1])
    low, high = float(x[left]), float(x[left + 1])
    fraction = float((y[left] - threshold) / (y[left] - y[left + 1]))
    return low + fraction * (high - low), (low, high)


def boundary_axis(control: str) -> str:
    """The axis along which boundaries and crossings are quoted; along both, learning ends."""
    return "p_eval" if control == "p_eval" else SPARSITY


def map_of(system: str, losses: Losses, config: PhaseDiagramConfig) -> dict[str, list[Any]]:
    """The points, boundaries and crossings of one system, as entries of phase_diagram.json."""
    found = slopes(losses)
    probability = probabilities(losses, found, config.least_alpha, config.least_gain)
    amentia = probability[PHASES.index("amentia")].max(axis=1)
    boundaries = [
        _boundary(
            system, "eumentia ends", {"p_train": float(p_train)},
            learning_ends(losses, found, row, config.least_alpha),
        )
        for row, p_train in enumerate(losses.p_train)
        if amentia[row] < config.confidence
    ]  # fmt: skip
    if len(losses.p_train) > 1:
        ends = ability_ends(losses, config.least_gain)
        boundaries.append(_boundary(system, "amentia begins", {}, ends))
    return {
        "points": _points(system, losses, found, probability, config),
        "boundaries": boundaries,
        "crossings": _crossings(system, losses, config),
    }


def _points(
    system: str, losses: Losses, found: Slopes, probability: Array, config: PhaseDiagramConfig
) -> list[dict[str, Any]]:
    rows = []
    for row, p_train in enumerate(losses.p_train):
        for column, control in enumerate(losses.control):
            chances = probability[:, row, column]
            loss, error = mean_and_error(losses.at_largest[row, column])
            rows.append({
                "system": system, "p_train": float(p_train),
                config.control: float(control if config.control == "p_eval" else 1 - control),
                "phase": phase_of(chances, config.confidence), "confidence": float(chances.max()),
                "alpha": number(found.alpha[row, column], found.error[row, column]),
                "alpha_statistical": float(found.statistical[row, column]),
                "alpha_systematic": float(found.systematic[row, column]),
                "loss": number(float(loss), float(error)),
            })  # fmt: skip
    return rows


def _boundary(system: str, kind: str, at: dict[str, float], found: Boundary) -> dict[str, Any]:
    entry: dict[str, Any] = {"system": system, "kind": kind, **at}
    entry["value"] = number(found.value, found.error)
    entry["bracket"] = list(found.bracket) if found.bracket else None
    entry["error_parts"] = found.parts
    return entry | ({"reason": found.reason} if found.reason else {})


def _crossings(system: str, losses: Losses, config: PhaseDiagramConfig) -> list[dict[str, Any]]:
    """Crossings of the losses of neighbouring sizes along the control, at every p_train."""
    if len(losses.control) < 2 * FEWEST_SPLINES:
        return []
    rows = []
    for row, p_train in enumerate(losses.p_train):
        curves = loss_curves(losses, row, config.num_resampled, config.seed)
        found = [crossing(*pair) for pair in pairwise(curves)]
        limit, reason = extrapolate(found, float(losses.control.min()), float(losses.control.max()))
        rows.append({
            "system": system, "p_train": float(p_train),
            "pairs": [
                {"sizes": list(item.sizes),
                 "control": number(*item.control) if item.control else None}
                | ({"reason": item.reason} if item.reason else {})
                for item in found
            ],
            "infinite_size": number(*limit) if limit else None,
        } | ({"reason": reason} if reason else {}))  # fmt: skip
    return rows
