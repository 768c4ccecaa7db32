"""Means over replicas of all observables of a system over a control parameter, as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pruning_phases.observables.registry import AXES, COLUMNS
from pruning_phases.statistics.curves import over_control
from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    import pandas as pd


def transition_table(observables: pd.DataFrame, control: str = "density") -> pd.DataFrame:
    """Mean and standard error over replicas of every observable, from the dense network on.

    One row per (p_train, train_size, p_eval, value of the control). A column NAME_error holds the
    standard error of NAME, s / sqrt(num_replicas). What is never known is left out.
    """
    import pandas as pd

    tables = []
    for _, rows in observables.groupby([*AXES], dropna=False, sort=True):
        table = _of_one_ensemble(rows, control)
        for place, name in enumerate(AXES):
            table.insert(place, name, rows[name].iloc[0])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _of_one_ensemble(rows: pd.DataFrame, control: str) -> pd.DataFrame:
    import pandas as pd

    at, (kept,) = over_control(rows, ["num_kept"], control)
    table = pd.DataFrame({control: at, "num_replicas": len(kept)}).set_index(control)
    if control != "num_kept":
        table["num_kept"] = kept.mean(axis=0)
    for name in [str(name) for name in rows if name not in (*COLUMNS, control)]:
        if rows[name].isna().all():
            continue
        at, (values,) = over_control(rows, [name], control)
        with np.errstate(invalid="ignore"):  # the logarithm of no paths is -inf
            mean, error = mean_and_error(values)
        columns = {name: mean, f"{name}_error": error}
        table = table.join(pd.DataFrame(columns, index=pd.Index(at, name=control)))
    return table.reset_index().sort_values(control, ascending=False, ignore_index=True)
