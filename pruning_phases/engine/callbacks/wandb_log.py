"""Mirrors the run to Weights & Biases. Whatever happens there, the run goes on."""

from __future__ import annotations

import logging
import netrc
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pandas as pd
from lightning import Callback, Trainer

from pruning_phases.analysis.estimates import mean_and_error, susceptibility
from pruning_phases.config import Config, Family
from pruning_phases.engine.callbacks.measure import Measure
from pruning_phases.engine.module import EnsembleModule
from pruning_phases.errors import first_line
from pruning_phases.identity import physics, pruner_name
from pruning_phases.records import AXES, RunRecord

if TYPE_CHECKING:
    from lightning.pytorch.loggers import WandbLogger

log = logging.getLogger(__name__)

OBSERVABLES = (
    "accuracy", "loss", "prediction_entropy", "outcome_entropy", "class_order",
    "effective_density", "largest_component", "evolution_metric", "train_loss",
)  # fmt: skip
SECONDS_TO_CONNECT = 20
SECONDS_TO_FINISH = 120


class LogToWandb(Callback):
    """Mean and standard error over replicas of every observable, over density; of an ensemble over
    dropout rates and training-set sizes as a table at every step."""

    def __init__(self, logger: WandbLogger, measure: Measure, repeats: bool) -> None:
        self.logger = logger
        self.repeats = repeats  # what was measured before this process began
        self.measure = measure
        self._alive = True
        # What the parts before this one have measured.
        self._before = measure.tables()[0] if measure.observables else pd.DataFrame({"step": []})

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
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
        for name in OBSERVABLES:
            run.define_metric(name, step_metric="density")
            run.define_metric(f"{name}_error", step_metric="density")
        run.define_metric("susceptibility", step_metric="density")

    def _log_step(self, table: pd.DataFrame, num_prunable: int) -> None:
        first = table.iloc[0]
        row: dict[str, Any] = {"step": int(first["step"]), "density": float(first["density"])}
        if len(table[AXES].drop_duplicates()) > 1:
            import wandb

            groups = table.groupby(AXES)[list(OBSERVABLES)]
            means = groups.mean().join(groups.sem().add_suffix("_error")).reset_index()
            self.logger.experiment.log(row | {"grid": wandb.Table(dataframe=means)})
            return
        for name in OBSERVABLES:
            mean, error = mean_and_error(table[name])
            row[name], row[f"{name}_error"] = float(mean), float(error)
        row["susceptibility"] = float(susceptibility(table["accuracy"], num_prunable))
        self.logger.experiment.log(row)

    def _guarded(self, call: Any, *arguments: Any) -> None:
        if not self._alive:
            return
        try:
            call(*arguments)
        except Exception as error:  # a mirror must never cost what it mirrors
            self._alive = False
            log.warning("W&B: %s; the run goes on without it", first_line(error))


@contextmanager
def logging_to(config: Config, record: RunRecord) -> Iterator[WandbLogger | None]:
    """The run's W&B logger, if it is to have one, until the run leaves this."""
    if config.logger.name != "wandb":
        yield None
        return
    try:
        yield make_logger(config, record)
    finally:
        close()


def make_logger(config: Config, record: RunRecord) -> WandbLogger | None:
    """A started W&B logger: online if a key is there, offline if not or if the server does not
    answer, None if even that fails. Never a prompt."""
    mode = (
        os.environ.get("WANDB_MODE", "auto") if config.logger.mode == "auto" else config.logger.mode
    )
    if mode == "disabled":
        return None
    if mode != "offline" and not _key_is_there():
        if mode == "online":
            log.warning("W&B: no API key for %s, so offline; `wandb login` keeps one", _host())
        mode = "offline"
    elif mode == "auto":
        mode = "online"
    for attempt in dict.fromkeys((mode, "offline")):
        try:
            return _start(config, record, attempt)
        except Exception as error:
            log.warning("W&B, %s: %s", attempt, first_line(error))
            _tear_down()
    return None


def _tear_down() -> None:
    """End W&B's helper process, which otherwise holds the id of the run that it could not open."""
    with suppress(Exception):
        import wandb

        wandb.teardown()


def close() -> None:
    """Finish the W&B run, if one is open. What the server does not take within SECONDS_TO_FINISH
    stays in the run's file, from where ``wandb sync`` sends it."""
    try:
        import wandb

        if wandb.run is not None:
            wandb.finish()
    except Exception as error:
        log.warning("W&B: %s", first_line(error))


def _start(config: Config, record: RunRecord, mode: str) -> WandbLogger:
    """Open the run here and hand it to Lightning, whose own way of opening it warns and has no
    limit on how long to wait for the server."""
    import wandb
    from lightning.pytorch.loggers import WandbLogger

    dense = config.topology.family is Family.dense
    how = pruner_name(physics(config)["pruner"]) if dense else config.topology.family.name
    names = (config.model.name, config.dataset.name, how)
    if mode == "offline":
        _drop_unsent(record)
    run = wandb.init(
        project=config.logger.project or config.study,
        entity=config.logger.entity,
        group=config.logger.group,
        name=config.logger.run_name or f"{' '.join(names)} {record.id}",
        id=record.id,
        resume="allow",
        job_type="train",
        tags=[*names, *([config.sweep.name] if config.sweep.name else [])],
        config=physics(config),
        dir=record.folder,
        mode=mode,  # type: ignore[arg-type]
        settings=wandb.Settings(
            init_timeout=SECONDS_TO_CONNECT, finish_timeout=SECONDS_TO_FINISH, silent=True,
            console="off", x_disable_stats=True, x_disable_meta=True, disable_git=True,
            disable_code=True,
        ),
    )  # fmt: skip
    return WandbLogger(experiment=run)


def _drop_unsent(record: RunRecord) -> None:
    """Remove what a process that was cut off has left of the run and nobody has sent: this one
    writes it again from the tables, so that one folder holds the whole run."""
    for folder in (record.folder / "wandb").glob(f"offline-run-*-{record.id}"):
        if not any(folder.glob("*.synced")):
            shutil.rmtree(folder, ignore_errors=True)


def _key_is_there() -> bool:
    """An API key in the environment or, for the server in use, in ~/.netrc: looked for here, since
    W&B would ask for one that is missing."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        keys = netrc.netrc(os.environ.get("NETRC") or Path.home() / ".netrc")
    except (OSError, netrc.NetrcParseError, RuntimeError):
        return False
    return keys.authenticators(_host()) is not None


def _host() -> str:
    return urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).netloc.split(":")[0]
