"""One run from its configuration to its record: everything put together and set going."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.plugins.environments import LightningEnvironment
from rich.console import Console

from pruning_phases import datasets
from pruning_phases.config import Config, machine, physics, schedule
from pruning_phases.datasets import Dataset
from pruning_phases.engine.callbacks import wandb_log
from pruning_phases.engine.callbacks.measure import Measure
from pruning_phases.engine.callbacks.progress import ShowProgress
from pruning_phases.engine.callbacks.prune import Prune
from pruning_phases.engine.callbacks.record import Record
from pruning_phases.engine.callbacks.stop import Stop
from pruning_phases.engine.data import ReplicaDataModule, device_data
from pruning_phases.engine.module import DropoutRates, EnsembleModule, replica_keys
from pruning_phases.engine.replicas import Replicas
from pruning_phases.errors import RunError, Terminated, UserError
from pruning_phases.models import build_model
from pruning_phases.pruning.schedules import kept_counts
from pruning_phases.records import DONE, RunRecord
from pruning_phases.streams import key_words, stream_key


def run(config: Config, record: RunRecord, console: Console) -> None:
    """Train, prune and record, from the beginning or from where the record was cut off."""
    _quiet_lightning()
    if config.trainer.num_threads is not None:
        torch.set_num_threads(config.trainer.num_threads)
    torch.set_float32_matmul_precision(config.trainer.matmul_precision)
    dataset = datasets.load(config.dataset.name, config.data_dir)
    module = build_module(config, dataset)
    _trainer(config, record.folder, [], None)  # refuses a missing device before anything is written
    with record.lock():
        if record.state == DONE:  # by another process, since this one looked
            return
        facts = _facts(module, dataset)
        _refuse_other_data(record, facts["data"])
        record.begin(physics(config), machine(config), **facts)
        try:
            _fit(config, record, module, console)
        except (KeyboardInterrupt, Terminated):
            raise
        except BaseException as error:
            record.fail(str(error) or type(error).__name__)
            raise
        record.finish()


def build_module(config: Config, dataset: Dataset) -> EnsembleModule:
    """The ensemble that the configuration describes, untrained."""
    data = device_data(
        dataset,
        config.dataset.validation_fraction,
        key_words([stream_key(config.seed, "validation")])[0],
        key_words(replica_keys(config, "subset")),
        [config.dataset.train_size] * config.num_replicas,
    )
    replicas = Replicas(
        lambda: build_model(config.model, dataset.input_shape, dataset.num_classes),
        replica_keys(config, "init"),
    )
    counts = kept_counts(schedule(config.pruner), replicas.num_prunable)
    rates = DropoutRates(
        *(
            torch.full((config.num_replicas,), rate, dtype=torch.float64)
            for rate in (config.dropout_phase.p_train, config.dropout_phase.p_eval)
        )
    )
    return EnsembleModule(config, replicas, data, rates, counts)


def _fit(config: Config, record: RunRecord, module: EnsembleModule, console: Console) -> None:
    measure = Measure()
    keeper = Record(record, measure, config.checkpoint_seconds)
    if keeper.resume(module):
        return
    callbacks: list[lightning.Callback] = [Prune(), Stop(), measure, keeper]
    logger = None
    try:
        if config.logger.name == "wandb":
            logger = wandb_log.make_logger(config, record)
        if logger is not None:
            callbacks.append(wandb_log.LogToWandb(logger, measure))
        if config.progress:
            callbacks.append(ShowProgress(measure, console))
        trainer = _trainer(config, record.folder, callbacks, logger)
        try:
            trainer.fit(module, datamodule=ReplicaDataModule(module.source))
        except SystemExit as leaving:  # Lightning's way to act on signals; it names none of them
            raise (Terminated if trainer.received_sigterm else KeyboardInterrupt) from leaving
        if not module.ended:
            raise RunError(
                f"the training ended after step {module.step} of {module.num_steps}: leave "
                "trainer.options that end it out"
            )
    finally:
        if logger is not None:
            wandb_log.close()


def _refuse_other_data(record: RunRecord, data: dict[str, Any]) -> None:
    """A run is not to be continued with other examples than it began with."""
    begun_with = record.info().get("data", data)
    if record.checkpoint_file.exists() and begun_with != data:
        raise UserError(
            f"data_dir: run {record.id} began with {begun_with['num_train']} training examples "
            f"(digest {begun_with['digest']}), and here are {data['num_train']} "
            f"({data['digest']}): give the data_dir that it began with, or delete {record.folder}"
        )


def _facts(module: EnsembleModule, dataset: Dataset) -> dict[str, Any]:
    """What a reader of the record needs to know and cannot see in the configuration."""
    data, replicas = module.data, module.replicas
    return {
        "data": {
            "digest": dataset.digest(),
            "num_classes": dataset.num_classes,
            "num_train": len(data.train_y),
            "num_validation": len(data.validation),
            "num_test": len(data.test_y),
        },
        "network": {
            "num_prunable": replicas.num_prunable,
            "layers": {name: list(mask.shape[1:]) for name, mask in replicas.layer_masks().items()},
        },
        "num_threads": torch.get_num_threads(),
    }


def _trainer(
    config: Config, folder: Path, callbacks: list[lightning.Callback], logger: Any
) -> lightning.Trainer:
    defaults: dict[str, Any] = {
        "accelerator": _accelerator(config.trainer.accelerator),
        "devices": 1,
        "max_epochs": -1,
        "callbacks": callbacks,
        "logger": logger or False,
        "default_root_dir": folder,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        # A run is one process on one device, whatever scheduler started it.
        "plugins": [LightningEnvironment()],
    }
    try:
        return lightning.Trainer(**(defaults | config.trainer.options))
    except (TypeError, ValueError, MisconfigurationException) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"trainer.accelerator={config.trainer.accelerator} with {len(config.trainer.options)} "
            f"trainer.options: {reason}; trainer=cpu runs everywhere"
        ) from error
    except RuntimeError as error:
        raise RunError(f"no device to run on: {error}; trainer=cpu runs everywhere") from error


def _accelerator(asked: str) -> str:
    """``auto``: CUDA or the CPU. Apple's GPUs have no float64, which dropout and sums need."""
    if asked != "auto":
        return asked
    return "gpu" if torch.cuda.is_available() else "cpu"


def _quiet_lightning() -> None:
    """Lightning's notices are about features that are not used here."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning.*")
