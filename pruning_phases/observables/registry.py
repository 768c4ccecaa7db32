"""Registry of the observables: name, label, unit, scale and line style.

Each file of this folder with ``OBSERVABLES`` declares some. Tables, summaries, W&B, the dashboard
and figures read them here. Torch is not imported.

A user's own is named by an import path in the key ``observables``: an ``Observable`` with
``from_outputs``, or a function f(batch) -> [R, B] of a ``Batch`` of B examples. Its values, one per
network and example, are averaged over the test examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pruning_phases.config.optimizer import OneStepConfig, OptimizerConfig
from pruning_phases.errors import UserError
from pruning_phases.import_path import Fault, described, refuse_call, resolve
from pruning_phases.registry import members

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.observables.batch import Batch

# A name such as "--", or (offset, (on, off, ...)) in points.
LineStyle = str | tuple[int, tuple[int, ...]]
AXES = ["p_train", "p_eval", "train_size"]  # columns in which an ensemble's networks may differ
KEY = "observables"  # of the configuration: import paths
# Columns of the tables that are no observables.
COLUMNS = (
    "step", "density", "num_kept", "replica", "seed", *AXES, "layer", "accuracy_draw_error",
    "loss_draw_error",
)  # fmt: skip
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

    def facts(self) -> dict[str, Any]:
        """All properties but the computation, for the record of a run."""
        return asdict(replace(self, from_outputs=None))

    @property
    def axis_label(self) -> str:
        return f"{self.label} ({self.unit})" if self.unit else self.label


def observables(paths: Sequence[str] = ()) -> dict[str, Observable]:
    """All observables by name, with those of a user's own at the end."""
    return _built_in() | {one.name: one for one in own_observables(paths)}


def _built_in() -> dict[str, Observable]:
    modules = members("pruning_phases.observables", "OBSERVABLES").values()
    return {one.name: one for module in modules for one in module.OBSERVABLES}


def measured(optimizer: OptimizerConfig) -> list[str]:
    """Names of the observables that the table of every run with this optimizer has.

    Networks that are trained in one step have other columns.
    """
    if isinstance(optimizer, OneStepConfig):
        return []
    return [name for name, one in _built_in().items() if one.section == MASK or one.from_outputs]


def observable(name: str) -> Observable:
    return (observables() | _recorded)[name]


def order_parameters() -> list[str]:
    """Names of the observables that the analyses fit."""
    return [name for name, one in (observables() | _recorded).items() if one.is_order_parameter]


_recorded: dict[str, Observable] = {}


def remember(facts: Iterable[Mapping[str, Any]]) -> None:
    """Make observables of a user's own known to this process, as the records of runs describe them.

    Analyses take labels and styles from there and import nothing of the user's.
    """
    known = {part.name for part in fields(Observable)}
    for one in facts:
        plain = {name: value for name, value in one.items() if name in known}
        line = plain.get("line", "-")
        plain["line"] = line if isinstance(line, str) else (line[0], tuple(line[1]))
        _recorded[one["name"]] = Observable(**plain)


def tracked(paths: Sequence[str] = ()) -> list[str]:
    """Names of the observables of each replica that are logged at W&B."""
    return [name for name, one in observables(paths).items() if one.is_tracked]


def own_observables(paths: Sequence[str]) -> list[Observable]:
    """The observables of a user's own. Raises UserError for an unsuitable one."""
    names = {*_built_in(), *COLUMNS}
    found = []
    for path in paths:
        one = _own_observable(path)
        if one.name in names:
            raise UserError(f"{KEY}={path}: the name {one.name} is taken: give another one")
        if not (one.name.isidentifier() and one.name.isascii()):  # W&B cannot sort by other names
            raise UserError(
                f"{KEY}={path}: the name {one.name!r} of a column: give letters, digits and _"
            )
        names.add(one.name)
        found.append(one)
    return found


@cache
def _own_observable(path: str) -> Observable:
    imported = resolve(path, KEY)
    value = imported.value
    if not isinstance(value, Observable):
        refuse_call(imported, KEY, ("batch",))
        name = path.rpartition(".")[2].rpartition(":")[2]
        value = Observable(
            name, name.replace("_", " "), TRANSITION, heading=name, is_order_parameter=True,
            from_outputs=FromOutputs(_sum_over_examples(path, value), mean_over_examples),
        )  # fmt: skip
    if value.from_outputs is None:
        raise UserError(f"{KEY}={path}: expected an Observable with from_outputs, got none")
    return replace(value, from_outputs=_checked(path, value.from_outputs))


def _sum_over_examples(path: str, function: Callable[[Batch], Any]) -> Callable[[Batch], Tensor]:
    def total(batch: Batch) -> Tensor:
        values, expected = function(batch), batch.logits.shape[:2]
        if getattr(values, "shape", None) != expected:
            raise Fault(
                path,
                f"expected a tensor {list(expected)}, one value per network and example, got "
                f"{described(values)}",
            )
        return values.double().sum(dim=1)

    return total


def mean_over_examples(total: Any, labels: Any) -> Any:
    """``FromOutputs.value`` of an observable whose total is a plain sum over the examples."""
    return total / labels.sum()


def _checked(path: str, given: FromOutputs) -> FromOutputs:
    """The same computation, whose results are checked: one row, then one number per network."""

    def total(batch: Batch) -> Tensor:
        result, count = given.total(batch), len(batch.logits)
        shape = tuple(getattr(result, "shape", ()))
        if not hasattr(result, "double") or shape[:1] != (count,):
            raise Fault(
                path,
                f"expected that total(batch) is a tensor [{count}, ...] with one row per network, "
                f"got {described(result)}",
            )
        return result

    def value(total: Any, labels: Any) -> Any:
        result = given.value(total, labels)
        if getattr(result, "shape", None) != (len(total),):
            raise Fault(
                path,
                f"expected an array [{len(total)}], one value per network, got {described(result)}",
            )
        return result

    return FromOutputs(total, value)
