"""The word for curves of several sizes: continuous, first-order, crossover or undecided.

Three hypotheses about the exponents with respect to the number N = L^d of degrees of freedom (the
quantities are defined in ``evidence``):

                                 continuous            first-order        crossover
    width of the fall            N^-(1-beta)/(d nu)    N^-1; with         N^0
                                                       disorder N^-1/2
    width of the variance peak   N^-1/(d nu)           as the fall        N^0
    susceptibility peak          N^gamma/(d nu),       N^1                N^0: independent parts;
                                 between 0 and 1                          N^1: scattered midpoints
    fraction v of the variance   N^0: the              N^-1: two peaks    N^0
    within two groups            distribution scales   at fixed distance
    Binder cumulants             cross                 cross              do not cross

Sources: Fisher and Barber, PRL 28, 1516 (1972) and Binder, Z. Phys. B 43, 119 (1981) for continuous
transitions; Fisher and Berker, PRB 26, 2507 (1982), Challa, Landau and Binder, PRB 34, 1841 (1986)
and Lee and Kosterlitz, PRL 65, 137 (1990) for first-order ones; Chayes et al., PRL 57, 2999 (1986)
for N^-1/2 in systems with disorder, as networks of random weights are.

Rule: every piece of evidence excludes the hypotheses that its number contradicts by CERTAIN errors
(with few replicas by more, ``certain_errors``). The word is the only hypothesis that is left; with
several or none left it is "undecided". Sizes whose transition lies at an end of the control values
do not count, and those whose transition the control values do not resolve count for the sharpening
alone, which they underestimate.

- A fall or a variance peak that sharpens faster than N^-FLAT excludes a crossover. If neither
  sharpens faster than N^-SLOWEST, transitions are excluded: the exponents of common ones are 1/4
  (mean field) or more for one of the two. Slower ones, as BKT with its logarithm, look like
  crossovers.
- A susceptibility peak that grows more slowly than N^PROPORTIONAL excludes first-order, and one
  that grows more slowly than N^INDEPENDENT (common transitions: 1/3 or more) excludes transitions.
- v above SEPARATED at the largest size excludes first-order, and so does a v above it that falls
  more slowly than N^DEEPENS. v below it, improbable for one mode (UNLIKELY) and falling with N
  excludes continuous. At SEPARATED the peaks are six standard deviations apart. A weak first-order
  transition whose correlation length exceeds the sizes looks continuous.
- Binder cumulants that cross for two pairs of sizes exclude a crossover.
- The drift of the half point excludes nothing: transitions and crossovers drift.

The thresholds were chosen on planted transitions and judged on others
(``tests/support/verdict_table.py``).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from pruning_phases.analysis.verdict.evidence import exponent
from pruning_phases.analysis.verdict.measure import Measured, measure
from pruning_phases.statistics.crossings import Located, extrapolate
from pruning_phases.statistics.curves import SizedCurve

CONTINUOUS, FIRST_ORDER, CROSSOVER = "continuous", "first-order", "crossover"
WORDS = (CONTINUOUS, FIRST_ORDER, CROSSOVER)
TRANSITIONS = (CONTINUOUS, FIRST_ORDER)
UNDECIDED = "undecided"

# Pieces of evidence.
FALL, PEAK = "sharpening_of_the_fall", "sharpening_of_the_variance_peak"
GROWTH, WITHIN = "growth_of_the_susceptibility", "variance_within_two_groups"
DEEPENING, BINDER = "exponent_of_this_variance", "binder_crossings"
DRIFT = "drift_of_the_half_point"

CERTAIN = 2.0  # errors by which a number has to contradict a hypothesis
FLAT = 0.05  # exponent above which a width shrinks; a crossover has 0
SLOWEST = 0.15  # exponent of a width below which it does not; common transitions have 1/4 or more
INDEPENDENT = 0.2  # exponent of the susceptibility of independent parts; transitions: 1/3 or more
PROPORTIONAL = 0.95  # exponent below which a susceptibility peak grows more slowly than N
SEPARATED = 0.1  # fraction of the variance within two groups whose peaks are separated
DEEPENS = -1 / 3  # exponent of that fraction above which two peaks do not separate with size
UNLIKELY = 0.01  # p-value
OUTSIDE = (
    "the control values do not contain the transition for certain: measure over a wider range, "
    "at more values or with more replicas"
)
COARSE = "not resolved at every size: more control values at the transition"


@dataclass(frozen=True)
class Evidence:
    """One number with its error, and the hypotheses that it excludes."""

    name: str
    value: float | None
    error: float | None
    excludes: tuple[str, ...] = ()
    reason: str | None = None  # why it is not determined, or why it does not count


@dataclass(frozen=True)
class Verdict:
    """The word, its evidence, and what is missing for one if it is undecided."""

    word: str
    evidence: list[Evidence]
    missing: list[str]
    limit: tuple[float, float] | None  # of the half point at infinite size
    limit_reason: str | None
    measured: Measured


def judge(curves: list[SizedCurve], num_resampled: int = 500, seed: int = 0) -> Verdict:
    """Measure the evidence of all sizes and apply the rule."""
    measured = measure(curves, num_resampled, seed)
    certain = certain_errors(min(item.curve.num_replicas for item in curves))
    sharpening = _sharpening(measured, certain)
    evidence = [
        *sharpening, _susceptibility(measured, certain), *_bimodality(measured, certain),
        _binder(measured), _drift(measured),
    ]  # fmt: skip
    word, missing = decide(evidence)
    limit, reason = _limit(measured, sharpening[0])
    return Verdict(word, evidence, missing, limit, reason, measured)


def decide(evidence: list[Evidence]) -> tuple[str, list[str]]:
    """Apply the rule: the word that is left, or "undecided" and the reasons."""
    against = {
        word: [one.name.replace("_", " ") for one in evidence if word in one.excludes]
        for word in WORDS
    }
    left = [word for word, names in against.items() if not names]
    if len(left) == 1:
        return left[0], []
    if not left:
        return UNDECIDED, [
            "the evidence is contradictory: "
            + "; ".join(f"{', '.join(names)} against {word}" for word, names in against.items())
        ]
    return UNDECIDED, [
        f"{' and '.join(left)} are not excluded: more replicas, and sizes over a wider range"
    ]


def certain_errors(num_replicas: int) -> float:
    """Errors that are as improbable as CERTAIN errors of a normal distribution.

    Quantile of Student's t with R - 1 degrees of freedom, since an error from R replicas is itself
    uncertain: 2.4 errors with 8 replicas, 2.1 with 24.
    """
    return float(stdtrit(num_replicas - 1, ndtr(CERTAIN)))


def _below(value: float, error: float, bound: float, certain: float) -> bool:
    return value + certain * error < bound


def _above(value: float, error: float, bound: float, certain: float) -> bool:
    return value - certain * error > bound


def _reason(located: list[Located]) -> str:
    """Why there is no exponent: the reason of the first size that lacks a value."""
    lacking = [one.reason for one in located if one.reason]
    return lacking[0] if lacking else "three sizes whose transition is resolved are needed"


def _chosen(located: list[Located], *flags: list[bool]) -> list[Located]:
    """Those of the sizes for which all flags are true."""
    return [one for one, *true in zip(located, *flags, strict=True) if all(true)]


def _sharpening(measured: Measured, certain: float) -> list[Evidence]:
    """Exponents by which the fall of the mean and the peak of the variance become narrower."""
    inside = measured.inside
    sizes = zip(measured.curves, inside, strict=True)
    outside = [f"{item.num_weights:g}" for item, is_inside in sizes if not is_inside]
    pairs = [(FALL, measured.widths, measured.widths_resolved),
             (PEAK, measured.peak_widths, measured.peaks_resolved)]  # fmt: skip
    found = [exponent(_chosen(located, inside)) for _, located, _ in pairs]
    sharpens = [(-one[0], one[1]) if one else None for one in found]
    complete = all(inside + measured.resolved)
    flat = complete and all(one is not None and _below(*one, SLOWEST, certain) for one in sharpens)
    evidence = []
    for (name, located, resolved), one in zip(pairs, sharpens, strict=True):
        reason = f"N = {', '.join(outside)}: {OUTSIDE}" if outside else None
        if one is None:
            evidence.append(Evidence(name, None, None, reason=reason or _reason(located)))
            continue
        excludes = (CROSSOVER,) if _above(*one, FLAT, certain) else TRANSITIONS if flat else ()
        reason = reason or (None if all(resolved) else COARSE)
        evidence.append(Evidence(name, *one, excludes, reason))
    return evidence


def _susceptibility(measured: Measured, certain: float) -> Evidence:
    peaks = _chosen(measured.peaks, measured.inside, measured.resolved)
    found = exponent(peaks)
    if found is None:
        return Evidence(GROWTH, None, None, reason=_reason(peaks))
    if _below(*found, INDEPENDENT, certain):
        return Evidence(GROWTH, *found, TRANSITIONS)
    return Evidence(GROWTH, *found, (FIRST_ORDER,) if _below(*found, PROPORTIONAL, certain) else ())


def _bimodality(measured: Measured, certain: float) -> list[Evidence]:
    """v at the largest resolved size, and the exponent of its fall: bimodality that deepens."""
    names = (WITHIN, DEEPENING)
    flags = zip(measured.modes, measured.inside, measured.resolved, strict=True)
    resolved = [one for one, inside, is_resolved in flags if inside and is_resolved]
    if not resolved:
        return [Evidence(name, None, None, reason=COARSE) for name in names]
    within = [one.within for one in resolved]
    last, found = within[-1].value, exponent(within)
    if last is None:
        return [Evidence(name, None, None, reason=_reason(within[-1:])) for name in names]
    if last[0] < 1e-9 or last[1] == 0:
        reason = "the order parameter has two values only: bimodal at any transition"
        return [Evidence(names[0], *last, reason=reason), Evidence(names[1], None, None)]
    relative = last[1] / last[0]
    bound = float(np.log(SEPARATED))
    one_mode = _above(np.log(last[0]), relative, bound, certain)
    fraction = Evidence(names[0], *last, (FIRST_ORDER,) if one_mode else ())
    if found is None:
        return [fraction, Evidence(names[1], None, None, reason=_reason(within))]
    separate = last[0] < SEPARATED and resolved[-1].p_value < UNLIKELY
    excludes: tuple[str, ...] = ()
    if separate and _below(*found, 0.0, certain):
        excludes = (CONTINUOUS,)
    elif last[0] > SEPARATED and _above(*found, DEEPENS, certain):
        excludes = (FIRST_ORDER,)
    return [fraction, Evidence(names[1], *found, excludes)]


def _binder(measured: Measured) -> Evidence:
    crossing_pairs = [one for one in measured.crossings if one.control]
    excludes = (CROSSOVER,) if len(crossing_pairs) > 1 else ()
    return Evidence(BINDER, float(len(crossing_pairs)), None, excludes)


def _drift(measured: Measured) -> Evidence:
    """d ln p* / d ln N of the half point."""
    as_values = [Located(one.sizes, None, one.control) for one in measured.half_points]
    found = exponent(as_values)
    if found is None:
        return Evidence(DRIFT, None, None, reason=_reason(measured.half_points))
    return Evidence(DRIFT, *found)


def _limit(
    measured: Measured, sharpening: Evidence
) -> tuple[tuple[float, float] | None, str | None]:
    """The limit of p* = p_inf + c N^-theta: the half point shifts as the width shrinks."""
    if sharpening.value is None or CROSSOVER not in sharpening.excludes:
        return None, "the fall does not sharpen with size, so that no limit follows from its drift"
    low = min(float(one.control.min()) for one in measured.moments)
    high = max(float(one.control.max()) for one in measured.moments)
    limits = []
    for theta in sharpening.value + np.array([0.0, -1.0, 1.0]) * (sharpening.error or 0.0):
        scaled = [
            Located((one.size**theta,), one.control, samples=one.samples)
            for one in measured.half_points
        ]
        found, reason = extrapolate(scaled, low, high)
        if found is None:
            return None, reason
        limits.append(found)
    value, error = limits[0]
    shift = max(abs(one[0] - value) for one in limits[1:])
    return (value, float(np.hypot(error, shift))), None
