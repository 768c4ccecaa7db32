"""A sweep at a glance: a row for each of its runs, and all their curves in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError, last_line
from pruning_phases.records import AXES, RunRecord, read_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pruning_phases.sweep_overview import Listed

Array = NDArray[np.float64]

OBSERVABLES = ["accuracy", "loss", "prediction_entropy", "effective_density"]
NAMED = 12  # curves that a legend tells apart
DRAWN = 200  # points of a curve


@dataclass(frozen=True)
class Summary:
    """row: what a table says of the run. curve: density, mean accuracy over the replicas and its
    standard error, dense first; None for what is not done or goes over other things than density.
    """

    row: dict[str, Any]
    curve: tuple[Array, Array, Array] | None = None


def summary(run: Listed) -> Summary:
    """Its state, the error of what failed, and the means over replicas with their standard errors
    where pruning ended."""
    row = {
        "study": run.study, "run": run.record.id if run.record else None, "swept": run.swept,
        "state": run.info.get("state", "missing"),
        "error": last_line(str(run.info.get("error", ""))) or None,
    }  # fmt: skip
    if not run.is_done or run.record is None:
        return Summary(row)
    try:
        return _of_table(row, run.record)
    except UserError as error:  # of this run alone
        return Summary(row | {"state": "damaged", "error": str(error)})


def _of_table(row: dict[str, Any], record: RunRecord) -> Summary:
    columns = ["step", "density", "num_kept", "replica", *AXES, *OBSERVABLES]
    table = read_table(record.observables_file, columns)
    if len(table[AXES].drop_duplicates()) > 1:
        return Summary(row)
    steps = table.groupby("step")
    about = steps[["density", "num_kept"]].first()
    mean, error = steps[OBSERVABLES].mean(), steps[OBSERVABLES].sem()
    row = row | {"density": about["density"].iloc[-1], "num_replicas": table["replica"].nunique()}
    for name in OBSERVABLES:
        row |= {name: mean[name].iloc[-1], f"{name}_error": error[name].iloc[-1]}
    alive = (about["num_kept"] > 0).to_numpy()
    drawn = (about["density"], mean["accuracy"], error["accuracy"])
    density, accuracy, bar = (column.to_numpy(dtype=float)[alive] for column in drawn)
    return Summary(row, (density, accuracy, bar))


def overview_figure(name: str, runs: Sequence[Summary]) -> Figure | None:
    """Accuracy over density; None if no run goes over density alone."""
    from matplotlib.figure import Figure

    from pruning_phases.analysis.line_styles import line_style, shade

    curves = [(run.row["swept"], run.curve) for run in runs if run.curve is not None]
    if not curves:
        return None
    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axis = figure.subplots()
    few = len(curves) <= NAMED
    for number, (swept, curve) in enumerate(curves):
        points = np.unique(np.linspace(0, len(curve[0]) - 1, DRAWN).round().astype(int))
        density, mean, error = (column[points] for column in curve)
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
    said = (
        "bars: standard error over replicas" if few else "from light to dark in the sweep's order"
    )
    count = f"{len(curves)} run{'s' if len(curves) > 1 else ''}"
    studies = ", ".join(sorted({run.row["study"] for run in runs}))
    axis.set_title(f"{studies}, sweep {name}: {count}; {said}", fontsize=10)
    if few:
        axis.legend(fontsize=8)
    return figure
