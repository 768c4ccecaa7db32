"""Log a run to Weights & Biases while it is made.

In: the tables of observables. Out: means and errors at W&B. A failure there never stops the run.
"""

import logging
from collections.abc import Callable
from typing import Any

import pandas as pd
from lightning import Callback, Trainer
from lightning.pytorch.loggers import WandbLogger

from pruning_phases.errors import first_line
from pruning_phases.tracking.run_log import RunLog
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.loop import EnsembleModule

log = logging.getLogger(__name__)


class LogToWandb(Callback):
    """Logs the observables at the end of every step."""

    def __init__(self, run_log: RunLog, measure: Measure, repeats: bool) -> None:
        self.run_log = run_log
        self.repeats = repeats  # log the steps that an earlier process measured
        self.measure = measure
        self._is_working = True
        # The rows of earlier chunks.
        self._before = measure.tables()[0] if measure.observables else pd.DataFrame({"step": []})

    def setup(self, trainer: Trainer, module: EnsembleModule, stage: str) -> None:  # type: ignore[override]
        # Lightning's own way to open a W&B run warns and can wait without limit.
        trainer.logger = WandbLogger(experiment=self.run_log.run)

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self._guarded(self.run_log.define_axes)
        if self.repeats:
            for _, table in self._before.groupby("step", sort=True):
                self._guarded(self.run_log.log_step, table)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step_ended:
            earlier = self._before[self._before["step"] == module.step]
            # An empty table without columns would turn whole numbers into floats.
            tables = [one for one in (earlier, self.measure.latest) if len(one)]
            self._guarded(self.run_log.log_step, pd.concat(tables))

    def _guarded(self, call: Callable[..., None], *arguments: Any) -> None:
        if not self._is_working:
            return
        try:
            call(*arguments)
        except Exception as error:  # W&B must never stop a run
            self._is_working = False
            log.warning("W&B: %s; the run goes on without it", first_line(error))
