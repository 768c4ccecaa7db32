"""Comparison of the control parameters on the same runs: over which do the sizes have one curve?

In: points over every control. Out: for each control, how well one curve y = f(p) describes all
sizes, and how well a collapse does. All controls are judged on the same points, so that the
Bayesian information criterion of their fits can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from pruning_phases.analysis.collapse.ansatz import MakeAnsatz, one_curve, power_law
from pruning_phases.analysis.collapse.fit import DECISIVE, UNDECIDED, misfit
from pruning_phases.analysis.collapse.optimum import find_optimum
from pruning_phases.analysis.collapse.points import FEWEST_POINTS, Points
from pruning_phases.analysis.collapse.sized_runs import HIGH, LOW


@dataclass(frozen=True)
class ComparedControl:
    """The fits over one control parameter: one curve for all sizes, and a collapse."""

    name: str
    one_curve: tuple[float, float]  # chi^2/dof and information criterion
    collapse: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """The fits over all controls. ``reason``: why there is none, or why none aligns the sizes."""

    controls: list[ComparedControl]
    num_points: int
    aligning: str = UNDECIDED
    reason: str | None = None


def compare_controls(points: dict[str, Points]) -> Comparison:
    """Fit the same points over each control parameter: ``falling_points``.

    The difference of two information criteria is divided by the smallest chi^2/dof of all fits of
    the kind, if that exceeds 1.
    """
    num_points = len(points["density"])
    if num_points < FEWEST_POINTS:
        return Comparison([], num_points, reason=(
            f"{num_points} points lie between {LOW:.0%} and {HIGH:.0%} of the rise: "
            f"{FEWEST_POINTS} are needed to compare control parameters"
        ))  # fmt: skip
    fitted = [
        ComparedControl(name, _quality(one_curve, one), _quality(power_law, one))
        for name, one in points.items()
    ]
    aligning, reason = _aligning(fitted)
    return Comparison(fitted, num_points, aligning, reason)


def _quality(make: MakeAnsatz, points: Points) -> tuple[float, float]:
    ansatz = make(points.control, points.size)
    optimum = find_optimum(ansatz, points)
    return optimum.chi2 / optimum.dof(ansatz, points), optimum.bic


def _aligning(fitted: list[ComparedControl]) -> tuple[str, str | None]:
    """The control over which one curve describes all sizes best, and by how much."""
    best, second, *_ = sorted(fitted, key=lambda one: one.one_curve[1])
    scale = misfit(*(one.one_curve[0] for one in fitted))
    lead = (second.one_curve[1] - best.one_curve[1]) / scale
    if lead < DECISIVE:
        return UNDECIDED, f"{best.name} and {second.name} align the sizes equally well"
    return best.name, None
