"""Registry of the observables: name, label, unit, scale and line style.

Each file of this folder with ``OBSERVABLES`` declares some. Tables, summaries, W&B, the dashboard
and figures read them here. Torch is not imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.registry import members

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.observables.batch import Batch

# A name such as "--", or (offset, (on, off, ...)) in points.
LineStyle = str | tuple[int, tuple[int, ...]]
AXES = ["p_train", "p_eval", "train_size"]  # columns in which an ensemble's networks may differ
SUSCEPTIBILITY = "susceptibility"  # of all replicas together
TRANSITION, MASK, WEIGHTS = "The transition", "The mask", "The weights"  # dashboard sections


@dataclass(frozen=True)
class FromOutputs:
    """Computation from sums over the test examples, so that it does not depend on the batches.

    ``total(batch)`` is the sum over a batch, [R, ...] float64. ``value(total, labels)`` is the
    observable [R], from the sum over all examples and the number of examples per class, labels [C].
    """

    total: Callable[[Batch], Tensor]
    value: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Observable:
    """Properties of an observable, which has one value per replica."""

    name: str
    label: str  # on an axis
    section: str
    unit: str = ""
    heading: str = ""  # of its column in the summary of a run; empty: no column
    scale: str = "linear"
    colour: str = "black"
    line: LineStyle = "-"
    marker: str = "o"
    is_order_parameter: bool = False  # analyses may fit it
    is_tracked: bool = True  # W&B gets its mean and standard error
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
