"""Reading of the systems among the runs; an unsuitable one does not stop the others."""

from collections.abc import Callable
from typing import TypeVar

from rich.console import Console

from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError
from pruning_phases.records.names import systems_of
from pruning_phases.records.run import RunRecord

Value = TypeVar("Value")


def read_systems(
    records: list[RunRecord], read: Callable[[list[RunRecord]], Value], console: Console,
    may_be_none: bool = False,
) -> dict[str, Value]:  # fmt: skip
    """Apply ``read`` to the runs of every system; return the results by the system's name.

    Systems that raise UserError are reported and left out. If none is left, the first of these
    errors is raised, unless ``may_be_none``.
    """
    found: dict[str, Value] = {}
    refused: list[UserError] = []
    for name, runs in systems_of(records).items():
        try:
            found[name] = read(runs)
        except UserError as error:
            refused.append(error)
    if refused and not (found or may_be_none):
        raise refused[0]
    for reason in refused:
        console.print(f"left out: {reason}", **PLAIN)
    return found


def ids_of(runs: list[RunRecord]) -> str:
    """The runs of one system as messages name them: ``runs (ID, ID)``."""
    return f"runs ({', '.join(run.id for run in runs)})"
