"""Order parameters as curves over a control parameter, replica by replica."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pruning_phases.errors import UserError
from pruning_phases.observables.controls import control_values
from pruning_phases.observables.registry import AXES

if TYPE_CHECKING:
    import pandas as pd


Array = NDArray[np.float64]

SMOOTHED_OVER = 5  # neighbouring points whose variances are averaged for the weights

SMALLEST_ERROR = 0.05  # of a point, as a fraction of the median error


def errors_of_mean(curve: Curve) -> Array:
    """Standard errors [points], from variances averaged over neighbouring densities.

    A variance over few replicas is uncertain by tens of percent, and weights from it would be too.
    """
    variance = curve.values.var(axis=0, ddof=1) / curve.num_replicas
    width = min(SMOOTHED_OVER, len(variance))
    kernel = np.ones(width)
    smooth = np.convolve(variance, kernel, "same") / np.convolve(
        np.ones_like(variance), kernel, "same"
    )
    error = np.sqrt(smooth)
    positive = error[error > 0]
    return np.maximum(error, SMALLEST_ERROR * np.median(positive) if len(positive) else 1e-12)


@dataclass(frozen=True)
class Curve:
    """An observable over its control parameter, ascending: values [replicas, points]."""

    control: Array
    values: Array
    floor: float = 0.0  # its value in the disordered phase

    @property
    def num_replicas(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class SizedCurve:
    """The curve of one size, with the number of weights."""

    size: float
    num_weights: float
    curve: Curve


def chance_corrected(accuracy: ArrayLike, num_classes: int) -> Array:
    """(A - 1/C) / (1 - 1/C): 1 for a network without errors, 0 for one that guesses."""
    chance = 1 / num_classes
    return (np.asarray(accuracy, dtype=np.float64) - chance) / (1 - chance)


def level_of_guessing(name: str, num_classes: int) -> tuple[float, str] | None:
    """Value of an observable for a network that guesses or has uniform outputs, and its name.

    1/C for the accuracy, ln C in nats for the entropies, None for other observables.
    """
    if name == "accuracy":
        return 1 / num_classes, "chance"
    if name in ("prediction_entropy", "outcome_entropy"):
        return float(np.log(num_classes)), f"ln {num_classes}"
    return None


def of_steps(
    observables: pd.DataFrame, columns: Sequence[str], controls: Sequence[str]
) -> tuple[Array, Array]:
    """Controls [controls, steps] and columns [columns, replicas, steps] of one system's rows.

    Steps are ordered by density. Where the replicas of a step differ in a control, the step has
    their mean. Empty networks, steps without a value and replicas that lack a step are left out.
    """
    if lacking := [name for name in columns if name not in observables]:
        raise UserError(f"runs: their tables have no column {', '.join(lacking)}")
    table = observables[observables["num_kept"] > 0]
    added = {f"control {name}": control_values(table, name) for name in controls}
    table = table.assign(**added).dropna(subset=[*columns])
    at = []
    for name in added:
        steps = table.groupby("density")[name]
        common = steps.min()
        at.append(common.where(common == steps.max(), steps.mean()).to_numpy(dtype=np.float64))
    wide = table.pivot_table(index="replica", columns="density", values=[*columns]).dropna(axis=0)
    values = [wide[column].to_numpy(dtype=np.float64) for column in columns]
    return np.stack(at), np.stack(values)


def over_control(
    observables: pd.DataFrame, columns: Sequence[str], control: str
) -> tuple[Array, Array]:
    """Control [points], ascending, and columns [columns, replicas, points].

    A point is a step of ``of_steps`` with a positive control; steps of equal control are averaged.
    """
    (at,), values = of_steps(observables, columns, [control])
    positions, step_of = np.unique(at, return_inverse=True)
    sums = np.zeros((len(positions), *values.shape[:2]))
    np.add.at(sums, step_of, np.moveaxis(values, 2, 0))
    means = np.moveaxis(sums, 0, 2) / np.bincount(step_of)
    positive = positions > 0
    return positions[positive], means[:, :, positive]


def column_of(order_parameter: str) -> str:
    """The column of the observables from which an order parameter is computed."""
    return "accuracy" if order_parameter == "corrected_accuracy" else order_parameter


def from_column(values: Array, order_parameter: str, num_classes: int) -> tuple[Array, float]:
    """The order parameter from its column's values, and its value in the disordered phase."""
    if order_parameter == "corrected_accuracy":
        return chance_corrected(values, num_classes), 0.0
    return values, 1 / num_classes if order_parameter == "accuracy" else 0.0


def curve(
    observables: pd.DataFrame, order_parameter: str, num_classes: int, control: str = "density"
) -> Curve:
    """One order parameter over the control, without empty networks and incomplete replicas."""
    column = column_of(order_parameter)
    if column not in observables:
        raise UserError(
            f"order_parameters: the run has no {column} in its observables; choose another one"
        )
    if observables[column].isna().all():
        raise UserError(
            f"order_parameters: {column} is not known for this run (NaN): its model's graph could "
            "not be traced; choose another one"
        )
    for name in AXES:
        if observables[name].nunique() > 1:
            raise UserError(
                f"the run holds several {name}, and this analysis reads one ensemble: "
                "use phase_diagram"
            )
    at, (values,) = over_control(observables, [column], control)
    return Curve(at, *from_column(values, order_parameter, num_classes))
