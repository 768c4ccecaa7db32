"""What is watched while a network breaks, as curves over density with all replicas kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pruning_phases.errors import UserError
from pruning_phases.records import AXES

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

LABELS = {
    "accuracy": "accuracy",
    "corrected_accuracy": "accuracy above chance",
    "prediction_entropy": "prediction entropy (nats)",
    "outcome_entropy": "outcome entropy (nats)",
    "class_order": "class order",
    "loss": "test loss (nats)",
    "largest_component": "largest component (share of nodes)",
    "effective_density": "effective density",
}


@dataclass(frozen=True)
class Curve:
    """An observable over its control parameter, ascending: values [replicas, points]."""

    control: Array
    values: Array
    floor: float = 0.0  # what is left of it in the disordered phase

    @property
    def num_replicas(self) -> int:
        return len(self.values)


def chance_corrected(accuracy: ArrayLike, num_classes: int) -> Array:
    """(A - 1/C) / (1 - 1/C): 1 for a network without errors, 0 for one that guesses."""
    chance = 1 / num_classes
    return (np.asarray(accuracy, dtype=np.float64) - chance) / (1 - chance)


def curve(observables: pd.DataFrame, order_parameter: str, num_classes: int) -> Curve:
    """One order parameter over density, without empty networks and replicas that lack a step."""
    column = "accuracy" if order_parameter == "corrected_accuracy" else order_parameter
    if column not in observables:
        raise UserError(f"order_parameters: the run has no {column} in its observables")
    for name in AXES:
        if observables[name].nunique() > 1:
            raise UserError(
                f"the run holds several {name}, and this analysis looks at one ensemble: "
                "phase_diagram looks at all of them"
            )
    living = observables[observables["num_kept"] > 0]
    wide = living.pivot_table(index="replica", columns="density", values=column).dropna(axis=0)
    values = wide.to_numpy(dtype=np.float64)
    if order_parameter == "corrected_accuracy":
        values = chance_corrected(values, num_classes)
    floor = 1 / num_classes if order_parameter == "accuracy" else 0.0
    return Curve(wide.columns.to_numpy(dtype=np.float64), values, floor)
