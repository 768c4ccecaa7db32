"""Order parameters as curves over density, replica by replica."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pruning_phases.errors import UserError
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


def curve(observables: pd.DataFrame, order_parameter: str, num_classes: int) -> Curve:
    """One order parameter over density, without empty networks and replicas that lack a step."""
    column = "accuracy" if order_parameter == "corrected_accuracy" else order_parameter
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
    surviving = observables[observables["num_kept"] > 0]
    wide = surviving.pivot_table(index="replica", columns="density", values=column).dropna(axis=0)
    values = wide.to_numpy(dtype=np.float64)
    if order_parameter == "corrected_accuracy":
        values = chance_corrected(values, num_classes)
    floor = 1 / num_classes if order_parameter == "accuracy" else 0.0
    return Curve(wide.columns.to_numpy(dtype=np.float64), values, floor)
