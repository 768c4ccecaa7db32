"""Overview of a sweep at W&B: a table of its runs and a figure of their curves.

In: the sweep's record. Out: a W&B run, and ``overview.png`` and ``.pdf`` in the study's folder, or
in that of all results if there are several studies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console

from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.analysis.common.results import save_figure
from pruning_phases.analysis.common.styles import line_style, shade
from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError, first_line
from pruning_phases.observables.registry import AXES, observable, observables
from pruning_phases.records.run import DONE, RunRecord, read_table
from pruning_phases.records.states import DAMAGED, RunState, state_of_sweep
from pruning_phases.records.sweep import SweepRecord
from pruning_phases.tracking import wandb as wandb_runs
from pruning_phases.tracking.dashboard import media_key

if TYPE_CHECKING:
    from wandb.sdk.wandb_run import Run

Array = NDArray[np.float64]
PLOTTED = "accuracy"
MAX_LABELLED = 12  # curves that a legend tells apart
MAX_POINTS = 200  # of a curve


@dataclass(frozen=True)
class Summary:
    """Row of the table of runs, and density, mean and standard error of the plotted observable.

    No curve: the run is not done, or it holds several p_train, p_eval or training-set sizes.
    """

    row: dict[str, Any]
    curve: tuple[Array, Array, Array] | None = None


def log_overview(sweep: SweepRecord, config: Config, since: float, console: Console) -> None:
    """Log the overview of a sweep, and the figures of its studies made since a time in seconds.

    config: the configuration of any run of the sweep.
    """
    try:
        with wandb_runs.opened(
            config.logger,
            sweep.file.parent,
            f"sweep-{sweep.name}",
            project=config.logger.project or config.study,
            group=config.logger.group or sweep.name,
            name=f"sweep {sweep.name}",
            job_type="overview",
            tags=[sweep.name],
        ) as run:
            if run is not None:
                _log(sweep, since, run, console)
    except Exception as error:  # W&B must never stop a sweep
        console.print(f"no overview at W&B: {first_line(error)}", **PLAIN)


def _log(sweep: SweepRecord, since: float, run: Run, console: Console) -> None:
    import wandb

    runs = state_of_sweep(sweep).runs
    summaries = [summary(sweep, one) for one in runs]
    table = pd.DataFrame([one.row for one in summaries])
    content: dict[str, Any] = {"runs": wandb.Table(dataframe=table)}
    studies = sorted({one.study for one in runs})
    for study in studies:
        for path in sorted((sweep.results_dir / study).glob("*.png")):
            if path.stat().st_mtime >= since:
                content[media_key(study, path.stem)] = wandb.Image(str(path))
    figure = overview_figure(sweep.name, summaries)
    if figure is not None:
        folder = sweep.results_dir / (studies[0] if len(studies) == 1 else "")
        path = save_figure(figure, folder / "overview")
        console.print(f"figure: {path}", **PLAIN)
        content["overview"] = wandb.Image(str(path))
    run.log(content)
    num_done = sum(one.state == DONE for one in runs)
    run.summary.update({"num_runs": len(runs), "num_done": num_done})


def summary(sweep: SweepRecord, run: RunState) -> Summary:
    """Summarize a run: its state, and means with standard errors at the last step if it is done."""
    row = {
        "study": run.study, "run": run.run, "what": run.what, "state": run.state,
        "error": run.error or None,
    }  # fmt: skip
    if run.state != DONE or run.run is None:
        return Summary(row)
    try:
        return _of_table(row, RunRecord(sweep.results_dir, run.study, run.run))
    except UserError as error:
        return Summary(row | {"state": DAMAGED, "error": str(error)})


def _of_table(row: dict[str, Any], record: RunRecord) -> Summary:
    shown = [name for name, one in observables().items() if one.heading]
    columns = ["step", "density", "num_kept", "replica", *AXES, *shown]
    if record.lacking(columns):  # networks that were trained in one step have other columns
        return Summary(row)
    table = read_table(record.observables_file, columns)
    if len(table[AXES].drop_duplicates()) > 1:
        return Summary(row)
    steps = table.groupby("step")
    first, mean, error = steps.first(), steps[shown].mean(), steps[shown].sem()
    row = row | {"density": first["density"].iloc[-1], "num_replicas": table["replica"].nunique()}
    for name in shown:
        row |= {name: mean[name].iloc[-1], f"{name}_error": error[name].iloc[-1]}
    kept = (first["num_kept"] > 0).to_numpy()
    density, values, errors = (
        column.to_numpy(dtype=float)[kept]
        for column in (first["density"], mean[PLOTTED], error[PLOTTED])
    )
    return Summary(row, (density, values, errors))


def overview_figure(name: str, runs: Sequence[Summary]) -> Figure | None:
    """Plot the accuracy of every run over density; None if no run has a curve.

    Up to MAX_LABELLED runs have error bars and a legend. More are thin lines.
    """
    curves = [(run.row["what"], run.curve) for run in runs if run.curve is not None]
    if not curves:
        return None
    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axis = figure.subplots()
    few = len(curves) <= MAX_LABELLED
    for number, (label, curve) in enumerate(curves):
        points = np.unique(np.linspace(0, len(curve[0]) - 1, MAX_POINTS).round().astype(int))
        density, mean, error = (column[points] for column in curve)
        if few:
            style = line_style(number, len(curves))
            axis.errorbar(density, mean, np.nan_to_num(error), label=label, **style)
        else:
            axis.plot(density, mean, color=shade(number, len(curves)), linewidth=0.6)
    control_axis(axis)
    axis.set_ylabel(observable(PLOTTED).axis_label)
    axis.grid(alpha=0.3)
    studies = ", ".join(sorted({run.row["study"] for run in runs}))
    count = f"{len(curves)} run{'s' if len(curves) > 1 else ''}"
    note = (
        "bars: standard error over replicas" if few else "means; light to dark in the sweep's order"
    )
    axis.set_title(f"{studies}, sweep {name}: {count}; {note}", fontsize=10)
    if few:
        axis.legend(fontsize=8)
    return figure
