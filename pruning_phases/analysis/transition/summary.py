"""Table of observables over density, printed at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich import box
from rich.table import Table

from pruning_phases.observables import registry
from pruning_phases.observables.registry import Observable
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import with_error

if TYPE_CHECKING:
    import pandas as pd


NUM_ROWS = 12


def summary_table(observables: pd.DataFrame, own: Sequence[str] = ()) -> Table:
    """Mean and standard error over replicas at up to NUM_ROWS steps, evenly spread.

    own: import paths of a user's observables, which follow the others.
    """
    steps = np.unique(observables["step"])
    shown = steps[np.unique(np.linspace(0, len(steps) - 1, NUM_ROWS).round().astype(int))]
    table = Table(
        caption="means over replicas, standard errors in the last digits, nats",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    columns = {name: one.heading for name, one in observables_shown(own).items()}
    for name in ("step", "density", *columns.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for step in shown:
        rows = observables[observables["step"] == step]
        cells = [with_error(*mean_and_error(rows[name])) for name in columns]
        table.add_row(str(step), f"{rows['density'].iloc[0]:.3g}", *cells)
    return table


def observables_shown(own: Sequence[str] = ()) -> dict[str, Observable]:
    """The observables that have a heading in this table, by name."""
    return {name: one for name, one in registry.observables(own).items() if one.heading}
