"""Control parameters: the quantities over which order parameters are plotted and fitted.

In: the table of a run's observables. Out: one value per row. Torch is not imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pruning_phases.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Control:
    """A control parameter. It is positive, and largest for the dense network."""

    name: str
    label: str  # on an axis
    short: str  # in a table or a sentence
    symbol: str
    column: str  # of the table, from which it is computed
    of: Callable[[pd.DataFrame], pd.Series]


def _effective_kept(table: pd.DataFrame) -> pd.Series:
    num_weights = table["num_kept"] / table["density"]
    return (table["effective_density"] * num_weights).round()


CONTROLS = {
    one.name: one
    for one in (
        Control(
            "density", "density: fraction of the prunable weights that remains", "density",
            r"\rho", "density", lambda table: table["density"],
        ),
        Control(
            "num_kept", "number of surviving weights", "surviving weights",
            "n", "num_kept", lambda table: table["num_kept"],
        ),
        Control(
            "mean_degree", "mean degree of the nodes with an edge", "mean degree",
            r"\langle k\rangle", "mean_degree", lambda table: table["mean_degree"],
        ),
        Control(
            "effective_kept", "number of surviving weights on an input-output path",
            "weights on a path", r"n_\mathrm{eff}", "effective_density", _effective_kept,
        ),
    )
}  # fmt: skip


def known_controls(table: pd.DataFrame) -> list[str]:
    """Names of the controls that the observables of a run determine."""
    return [
        name
        for name, one in CONTROLS.items()
        if one.column in table and not one.of(table).isna().all()
    ]


def control_values(table: pd.DataFrame, name: str) -> pd.Series:
    """The control parameter of each row of a run's observables. Raises UserError without it."""
    control = CONTROLS[name]
    if control.column not in table:
        raise UserError(
            f"control={name}: the run has no {control.column} in its observables (made by an "
            "earlier version): delete its folder and run its command again, or choose another one"
        )
    values = control.of(table)
    if values.isna().all():
        raise UserError(
            f"control={name}: not known for this run (NaN), since its model's graph could not be "
            "traced: choose density or num_kept"
        )
    return values
