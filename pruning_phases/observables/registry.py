"""The observables by name: what they are called, in which unit, and how they are plotted.

Each file beside this one that has ``OBSERVABLES`` declares some. Tables, summaries, W&B, the
dashboard and figures read them here; torch is not imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.registry import members

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.observables.outputs import Batch

AXES = ["p_train", "p_eval", "train_size"]  # columns in which an ensemble's networks may differ
SUSCEPTIBILITY = "susceptibility"  # over replicas, not of one of them
TRANSITION, MASK, WEIGHTS = "The transition", "The mask", "The weights"  # dashboard sections


@dataclass(frozen=True)
class FromOutputs:
    """Function of sums over the test examples, so that it does not depend on the batches.

    ``total(batch)``: [R, ...] float64, summed over a batch; ``value(total, labels)``: [R], from the
    sum over all examples and the number of examples of each class, labels [C].
    """

    total: Callable[[Batch], Tensor]
    value: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Observable:
    """One column of the tables; values are per replica, and means over replicas are quoted."""

    name: str
    label: str  # on an axis
    section: str
    unit: str = ""
    heading: str = ""  # in the summary at the end of a run; empty: not in it
    scale: str = "linear"
    colour: str = "black"
    line: str = "-"
    marker: str = "o"
    is_order_parameter: bool = False  # may be fitted: a column of observables.parquet or a function
    is_tracked: bool = True  # mean and standard error go to W&B
    from_outputs: FromOutputs | None = None

    @property
    def axis_label(self) -> str:
        return f"{self.label} ({self.unit})" if self.unit else self.label


def observables() -> dict[str, Observable]:
    modules = members("pruning_phases.observables", "OBSERVABLES").values()
    return {one.name: one for module in modules for one in module.OBSERVABLES}


def observable(name: str) -> Observable:
    return observables()[name]


def order_parameters() -> list[str]:
    """Names of the observables that the analyses fit."""
    return [name for name, one in observables().items() if one.is_order_parameter]


def tracked() -> list[str]:
    """Names of the observables of each replica that are logged at W&B."""
    return [name for name, one in observables().items() if one.is_tracked]
