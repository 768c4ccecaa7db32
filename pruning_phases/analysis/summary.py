"""The few lines that a person reads at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from pruning_phases.analysis.estimates import mean_and_error
from pruning_phases.analysis.text import with_error

if TYPE_CHECKING:
    import pandas as pd

NUM_ROWS = 12
COLUMNS = ("accuracy", "loss", "prediction_entropy", "outcome_entropy", "effective_density")


def summary_table(observables: pd.DataFrame) -> Table:
    """Mean and standard error over replicas at up to NUM_ROWS steps, evenly spread."""
    steps = np.unique(observables["step"])
    shown = steps[np.unique(np.linspace(0, len(steps) - 1, NUM_ROWS).round().astype(int))]
    table = Table(title="mean over replicas, standard error in the last digits")
    for name in ("step", "density", *COLUMNS):
        table.add_column(name.replace("_", " "), justify="right")
    for step in shown:
        rows = observables[observables["step"] == step]
        cells = [with_error(*map(float, mean_and_error(rows[name]))) for name in COLUMNS]
        table.add_row(str(step), f"{rows['density'].iloc[0]:.4g}", *cells)
    return table
