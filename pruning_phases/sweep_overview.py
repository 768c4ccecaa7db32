"""A sweep as a run of its own at Weights & Biases, beside those that it consists of: a table of all
its runs, and their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases import wandb_runs
from pruning_phases.application import PLAIN
from pruning_phases.config import Config
from pruning_phases.errors import first_line
from pruning_phases.records import DONE, RunRecord
from pruning_phases.sweep_records import SweepRecord

if TYPE_CHECKING:
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

    from pruning_phases.analysis.overview import overview_figure, summary
    from pruning_phases.analysis.results import save_figure

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
