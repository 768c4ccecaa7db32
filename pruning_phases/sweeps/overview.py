"""Overview of a sweep: a table of its runs and a figure of their curves, mirrored at W&B."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError, first_line, last_line
from pruning_phases.observables.registry import AXES
from pruning_phases.records.run import DONE, RunRecord, read_table
from pruning_phases.records.sweep import SweepRecord
from pruning_phases.tracking import wandb as wandb_runs

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console
    from wandb.sdk.wandb_run import Run


@dataclass(frozen=True)
class Listed:
    """A run of a sweep. swept: the overrides in which it differs from the others; record: None
    where the run is not known before others are done."""

    study: str
    swept: str
    record: RunRecord | None
    info: dict[str, Any]

    @property
    def is_done(self) -> bool:
        return self.info.get("state") == DONE


def log_overview(
    runs: Iterable[Listed], config: Config, sweep: SweepRecord, since: float, console: Console
) -> None:
    """If the runs are mirrored at W&B. config: that of any of them; since: when the sweep began, in
    seconds since the epoch: figures that the analyses drew after that are its own."""
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
                _log(list(runs), sweep, since, run, console)
    except Exception as error:  # a mirror must never cost what it mirrors
        console.print(f"no overview at W&B: {first_line(error)}", **PLAIN)


def _log(
    runs: Sequence[Listed], sweep: SweepRecord, since: float, run: Run, console: Console
) -> None:
    import pandas as pd
    import wandb

    from pruning_phases.analysis.common.results import save_figure

    summaries = [summary(one) for one in runs]
    table = pd.DataFrame([one.row for one in summaries])
    content: dict[str, Any] = {"runs": wandb.Table(dataframe=table)}
    figure = overview_figure(sweep.name, summaries)
    if figure is not None:
        path = save_figure(figure, sweep.file.parent / "overview")
        console.print(f"figure: {path}", **PLAIN)
        content["overview"] = wandb.Image(str(path))
    for study in sorted({one.study for one in runs}):
        for path in sorted((sweep.results_dir / study).glob("*.png")):
            if path.stat().st_mtime >= since:
                content[f"{study}/{path.stem}"] = wandb.Image(str(path))
    run.log(content)
    run.summary.update({"num_runs": len(runs), "num_done": sum(one.is_done for one in runs)})


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

    from pruning_phases.analysis.common.styles import line_style, shade

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
