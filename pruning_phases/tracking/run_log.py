"""Log of a run at W&B: its name and configuration, axes, and one row per step.

In: the record of a run, tables of observables. Out: an open W&B run, its rows. Runs that are made
now and records of finished runs are logged by the same functions, and so are equal at W&B.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pruning_phases.config.groups import LoggerConfig
from pruning_phases.observables.registry import AXES, SUSCEPTIBILITY, tracked
from pruning_phases.records.names import names_of
from pruning_phases.records.run import RunRecord
from pruning_phases.statistics.estimates import mean_and_error, susceptibility
from pruning_phases.tracking.wandb import opened

if TYPE_CHECKING:
    from wandb.sdk.wandb_run import Run


@dataclass(frozen=True)
class RunLog:
    """An open W&B run, the names of the observables that it gets, and the size of the network."""

    run: Run
    observables: list[str]
    num_prunable: int

    def define_axes(self) -> None:
        """Plot every observable and its error over the density."""
        self.run.define_metric("density")
        for name in self.observables:
            self.run.define_metric(name, step_metric="density")
            self.run.define_metric(f"{name}_error", step_metric="density")
        self.run.define_metric(SUSCEPTIBILITY, step_metric="density")

    def log_step(self, table: pd.DataFrame) -> None:
        """Log mean and standard error over replicas of the observables at one step.

        An ensemble over dropout rates and training-set sizes is logged as a table.
        """
        names = [one for one in self.observables if one in table]  # an old record may lack some
        first = table.iloc[0]
        row: dict[str, Any] = {"step": int(first["step"]), "density": float(first["density"])}
        if len(table[AXES].drop_duplicates()) > 1:
            import wandb

            groups = table.groupby(AXES)[names]
            means = groups.mean().join(groups.sem().add_suffix("_error")).reset_index()
            self.run.log(row | {"grid": wandb.Table(dataframe=means)})
            return
        for name in names:
            mean, error = mean_and_error(table[name])
            row[name], row[f"{name}_error"] = float(mean), float(error)
        if "accuracy" in table:
            row[SUSCEPTIBILITY] = float(susceptibility(table["accuracy"], self.num_prunable))
        self.run.log(row)


@contextmanager
def opened_log(
    logger: LoggerConfig, record: RunRecord, falls_back: bool = True
) -> Iterator[RunLog | None]:
    """Open the W&B run of a record; None if W&B is not asked for or does not work."""
    info = record.info()
    own = [one["name"] for one in info.get("observables", []) if one["is_tracked"]]
    num_prunable = info["network"]["num_prunable"]
    with opened(logger, record.folder, record.id, falls_back, **_arguments(logger, info)) as run:
        yield RunLog(run, [*tracked(), *own], num_prunable) if run is not None else None


def _arguments(logger: LoggerConfig, info: dict[str, Any]) -> dict[str, Any]:
    """Return project, group, name, tags and configuration of a run for ``wandb.init``."""
    physics, machine = info["physics"], info["machine"]
    model, dataset, pruner = names_of(info)
    names = [model, dataset, physics["topology"]["family"] if "topology" in physics else pruner]
    sweep = machine["sweep"]["name"]
    return {
        "project": logger.project or machine["study"],
        "group": logger.group,
        "name": logger.run_name or f"{' '.join(names)} {info['id']}",
        "job_type": "train",
        "tags": [*names, *([sweep] if sweep else [])],
        "config": physics,
    }
