"""Mirror the run to Weights & Biases.

In: the tables of observables. Out: means and errors at W&B. A failure there never stops the run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
from lightning import Callback, Trainer

from pruning_phases.config.enums import Family
from pruning_phases.config.identity import option_name, physics, pruner_name
from pruning_phases.config.run import Config
from pruning_phases.errors import first_line
from pruning_phases.observables.registry import AXES, SUSCEPTIBILITY, tracked
from pruning_phases.records.run import RunRecord
from pruning_phases.statistics.estimates import mean_and_error, susceptibility
from pruning_phases.tracking import wandb as wandb_runs
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.loop import EnsembleModule

if TYPE_CHECKING:
    from lightning.pytorch.loggers import WandbLogger


log = logging.getLogger(__name__)


class LogToWandb(Callback):
    """Logs mean and standard error over replicas of every tracked observable, over density.

    An ensemble over dropout rates and training-set sizes is logged as a table at every step."""

    def __init__(self, logger: WandbLogger, measure: Measure, repeats: bool) -> None:
        self.logger = logger
        self.repeats = repeats  # log the steps that an earlier process measured
        self.measure = measure
        self.tracked: list[str] = []
        self._is_working = True
        # The rows of earlier chunks.
        self._before = measure.tables()[0] if measure.observables else pd.DataFrame({"step": []})

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self.tracked = tracked(module.config.observables)
        self._guarded(self._define_axes)
        if self.repeats:
            for _, table in self._before.groupby("step", sort=True):
                self._guarded(self._log_step, table, module.replicas.num_prunable)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step_ended:
            earlier = self._before[self._before["step"] == module.step]
            table = pd.concat([earlier, self.measure.latest])
            self._guarded(self._log_step, table, module.replicas.num_prunable)

    def _define_axes(self) -> None:
        run = self.logger.experiment
        run.define_metric("density")
        for name in self.tracked:
            run.define_metric(name, step_metric="density")
            run.define_metric(f"{name}_error", step_metric="density")
        run.define_metric(SUSCEPTIBILITY, step_metric="density")

    def _log_step(self, table: pd.DataFrame, num_prunable: int) -> None:
        first = table.iloc[0]
        row: dict[str, Any] = {"step": int(first["step"]), "density": float(first["density"])}
        if len(table[AXES].drop_duplicates()) > 1:
            import wandb

            groups = table.groupby(AXES)[self.tracked]
            means = groups.mean().join(groups.sem().add_suffix("_error")).reset_index()
            self.logger.experiment.log(row | {"grid": wandb.Table(dataframe=means)})
            return
        for name in self.tracked:
            mean, error = mean_and_error(table[name])
            row[name], row[f"{name}_error"] = float(mean), float(error)
        row[SUSCEPTIBILITY] = float(susceptibility(table["accuracy"], num_prunable))
        self.logger.experiment.log(row)

    def _guarded(self, call: Any, *arguments: Any) -> None:
        if not self._is_working:
            return
        try:
            call(*arguments)
        except Exception as error:  # W&B must never stop a run
            self._is_working = False
            log.warning("W&B: %s; the run goes on without it", first_line(error))


@contextmanager
def logging_to(config: Config, record: RunRecord) -> Iterator[WandbLogger | None]:
    """Open the run's W&B logger, or None.

    Lightning gets an open W&B run, since its own way to open one warns and can wait without limit.
    """
    dense, content = config.topology.family is Family.dense, physics(config)
    how = pruner_name(content["pruner"]) if dense else config.topology.family.name
    names = (option_name(content["model"]), option_name(content["dataset"]), how)
    with wandb_runs.opened(
        config.logger,
        record.folder,
        record.id,
        project=config.logger.project or config.study,
        group=config.logger.group,
        name=config.logger.run_name or f"{' '.join(names)} {record.id}",
        job_type="train",
        tags=[*names, *([config.sweep.name] if config.sweep.name else [])],
        config=content,
    ) as run:
        if run is None:
            yield None
            return
        from lightning.pytorch.loggers import WandbLogger

        yield WandbLogger(experiment=run)
