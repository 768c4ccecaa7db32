"""Comparison of the control parameters on the same runs: over which do the sizes have one curve?

In: runs of several sizes. Out: for each control, how well one curve y = f(p) describes all sizes,
and how well a collapse does. All controls are judged on the same points, so that the Bayesian
information criterion of their fits can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.collapse.ansatz import MakeAnsatz, one_curve, power_law
from pruning_phases.analysis.collapse.fit import DECISIVE, UNDECIDED
from pruning_phases.analysis.collapse.optimum import find_optimum
from pruning_phases.analysis.collapse.points import FEWEST_POINTS, Points
from pruning_phases.analysis.collapse.sized_runs import runs_by_size
from pruning_phases.errors import UserError
from pruning_phases.observables.controls import CONTROLS, known_controls
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled
from pruning_phases.statistics.curves import Curve, column_of, errors_of_mean, from_column, of_steps

Array = NDArray[np.float64]

# Of the rise of the order parameter: points outside show how good the dense network is, or chance.
LOW, HIGH = 0.1, 0.9


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


def compare_controls(records: list[RunRecord], size: str, order_parameter: str) -> Comparison:
    """Fit the points in the fall of the order parameter over each control parameter.

    The difference of two information criteria is divided by the smallest chi^2/dof of all fits of
    the kind, if that exceeds 1.
    """
    try:
        points = falling_points(records, size, order_parameter)
    except UserError as error:
        return Comparison([], 0, reason=str(error))
    fitted = [
        ComparedControl(name, _quality(one_curve, one), _quality(power_law, one))
        for name, one in points.items()
    ]
    aligning, reason = _aligning(fitted)
    return Comparison(fitted, len(points["density"]), aligning, reason)


def falling_points(records: list[RunRecord], size: str, order_parameter: str) -> dict[str, Points]:
    """The same points over each control, between LOW and HIGH of the rise at their size."""
    groups = runs_by_size(records, size)
    tables = {value: pooled(runs, RunRecord.observables) for value, runs in groups.items()}
    names = [
        name for name in CONTROLS if all(name in known_controls(one) for one in tables.values())
    ]
    columns: list[Array] = []
    for value, table in tables.items():
        num_classes = groups[value][0].info()["data"]["num_classes"]
        at, (measured,) = of_steps(table, [column_of(order_parameter)], names)
        curve = Curve(at[0], *from_column(measured, order_parameter, num_classes))
        mean, error = curve.values.mean(axis=0), errors_of_mean(curve)
        rise = (mean - curve.floor) / (mean.max() - curve.floor)
        falling = (rise >= LOW) & (rise <= HIGH) & (at > 0).all(axis=0)
        rows = np.vstack([at, np.full(len(mean), value), mean, error])
        columns.append(rows[:, falling])
    *controls, sizes, mean, error = np.concatenate(columns, axis=1)
    if len(mean) < FEWEST_POINTS:
        raise UserError(
            f"{len(mean)} points lie between {LOW:.0%} and {HIGH:.0%} of the rise: "
            f"{FEWEST_POINTS} are needed to compare control parameters"
        )
    return {
        name: Points(control, sizes, mean, error)
        for name, control in zip(names, controls, strict=True)
    }


def _quality(make: MakeAnsatz, points: Points) -> tuple[float, float]:
    ansatz = make(points.control, points.size)
    optimum = find_optimum(ansatz, points)
    return optimum.chi2 / optimum.dof(ansatz, points), optimum.bic


def _aligning(fitted: list[ComparedControl]) -> tuple[str, str | None]:
    """The control over which one curve describes all sizes best, and by how much."""
    scale = max(1.0, min(one.one_curve[0] for one in fitted))
    best, second, *_ = sorted(fitted, key=lambda one: one.one_curve[1])
    lead = (second.one_curve[1] - best.one_curve[1]) / scale
    if lead < DECISIVE:
        return UNDECIDED, f"{best.name} and {second.name} align the sizes equally well"
    return best.name, None
