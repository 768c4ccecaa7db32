"""A sweep at a glance: a row for each of its runs, and all their curves in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pruning_phases.analysis.estimates import mean_and_error
from pruning_phases.errors import last_line
from pruning_phases.records import AXES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from pruning_phases.sweep_overview import Listed

OBSERVABLES = ("accuracy", "loss", "prediction_entropy", "effective_density")
NAMED = 12  # curves that a legend tells apart


def overview_table(runs: Sequence[Listed]) -> pd.DataFrame:
    """A row for each run: its state, the error of what failed, and the means over replicas with
    their standard errors where pruning ended."""
    import pandas as pd

    rows = []
    for run in runs:
        row = {
            "study": run.study, "run": run.record.id if run.record else None, "swept": run.swept,
            "state": run.info.get("state", "missing"),
            "error": last_line(str(run.info.get("error", ""))) or None,
        }  # fmt: skip
        table = _curve(run)
        rows.append(row if table is None else row | _end(table))
    return pd.DataFrame(rows)


def _curve(run: Listed) -> pd.DataFrame | None:
    """What a finished run has observed, if that goes over density alone."""
    if not run.is_done or run.record is None:
        return None
    table = run.record.observables()
    return table if len(table[AXES].drop_duplicates()) == 1 else None


def _end(table: pd.DataFrame) -> dict[str, float]:
    last = table[table["step"] == table["step"].max()]
    values = {"density": float(last["density"].iloc[0]), "num_replicas": last["replica"].nunique()}
    for name in OBSERVABLES:
        values[name], values[f"{name}_error"] = map(float, mean_and_error(last[name]))
    return values


def overview_figure(runs: Sequence[Listed]) -> Figure | None:
    """Accuracy over density of every finished run; None if none goes over density alone."""
    from matplotlib.figure import Figure

    from pruning_phases.analysis.line_styles import line_style, shade

    found = [(run.swept, _curve(run)) for run in runs]
    curves = [(swept, table) for swept, table in found if table is not None]
    if not curves:
        return None
    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axis = figure.subplots()
    few = len(curves) <= NAMED
    for number, (swept, table) in enumerate(curves):
        alive = table[table["num_kept"] > 0].groupby("density", sort=True)["accuracy"]
        density, values = np.array(list(alive.groups)), [mean_and_error(rows) for _, rows in alive]
        mean, error = np.array(values, dtype=float).T
        if few:
            style = line_style(number, len(curves))
            axis.errorbar(density, mean, np.nan_to_num(error), label=swept or "run", **style)
        else:
            axis.plot(density, mean, color=shade(number, len(curves)), linewidth=0.6)
    axis.set_xscale("log")
    axis.invert_xaxis()
    axis.set_xlabel("density: share of the prunable weights that remains")
    axis.set_ylabel("accuracy")
    axis.grid(alpha=0.3)
    bars = (
        "bars: standard error over replicas" if few else "from light to dark in the sweep's order"
    )
    axis.set_title(f"{len(curves)} run{'s' if len(curves) > 1 else ''}; {bars}", fontsize=10)
    if few:
        axis.legend(fontsize=8)
    return figure
