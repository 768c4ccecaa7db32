"""One run from its configuration to its record: everything put together and set going."""

from __future__ import annotations

import gc
import logging
import platform
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.plugins.environments import LightningEnvironment
from rich.console import Console
from torch import nn

from pruning_phases import datasets
from pruning_phases.application import PLAIN
from pruning_phases.config import Config, schedule
from pruning_phases.datasets import Dataset
from pruning_phases.engine import transplant
from pruning_phases.engine.callbacks import wandb_log
from pruning_phases.engine.callbacks.curve import Curve
from pruning_phases.engine.callbacks.leave import Leave
from pruning_phases.engine.callbacks.measure import Measure
from pruning_phases.engine.callbacks.progress import ShowProgress
from pruning_phases.engine.callbacks.prune import Prune
from pruning_phases.engine.callbacks.record import Record
from pruning_phases.engine.callbacks.stop import Stop
from pruning_phases.engine.data import ReplicaDataModule, actual_sizes, device_data, num_validation
from pruning_phases.engine.members import SUBSET, Member, in_parts, keys_of, members
from pruning_phases.engine.memory import networks_at_once
from pruning_phases.engine.module import EXAMPLES_PER_CALL, EnsembleModule
from pruning_phases.engine.replicas import Replicas
from pruning_phases.engine.transplant import Transplant
from pruning_phases.engine.warning import Warned, put_off
from pruning_phases.errors import Busy, RunError, Terminated, UserError, first_line
from pruning_phases.identity import machine, physics
from pruning_phases.lease import Lease
from pruning_phases.models import build_model
from pruning_phases.pruning.schedules import kept_counts
from pruning_phases.records import DONE, RunRecord
from pruning_phases.streams import key_words, stream_key
from pruning_phases.sweep_records import command_of


def run(
    config: Config, record: RunRecord, console: Console, source: RunRecord | None = None
) -> None:
    """Train, prune and record, from the beginning or from where the record was cut off.

    ``source``: the pruned run whose initial weights and masks a run on a topology begins with.
    """
    _quiet_lightning()
    if config.trainer.num_threads is not None:
        torch.set_num_threads(config.trainer.num_threads)
    torch.set_float32_matmul_precision(config.trainer.matmul_precision)
    dataset = datasets.load_for(config)
    # Both refuse what cannot be run before anything is written.
    device = _trainer(config, record.folder, [], None).strategy.root_device
    one = Replicas(_builder(config, dataset), keys_of(members(config)[:1], config.seed, "init"))
    facts = _facts(config, dataset, one) | {
        "device": _name(device),
        "command": command_of(config.results_dir, config.sweep.name),
    }
    start = transplant.draw(config, source, one) if source else None
    if start is not None:
        facts["topology"] = start.about
    with record.lock() as lease:
        if record.state == DONE:  # by another process, since this one looked
            return
        _refuse_other_data(record, facts["data"])
        record.begin(physics(config), machine(config), **facts)
        try:
            with put_off() as warned:
                _fit_all(config, record, dataset, device, console, start, warned, lease)
        except (KeyboardInterrupt, SystemExit, Terminated, Busy):
            raise
        except BaseException as error:
            record.fail(str(error) or type(error).__name__)
            raise
        lease.check()
        record.finish()


def build_module(
    config: Config,
    dataset: Dataset,
    group: list[Member] | None = None,
    start: Transplant | None = None,
) -> EnsembleModule:
    """The networks of the group, untrained; by default all that the configuration describes."""
    group = members(config) if group is None else group
    data = device_data(
        dataset,
        config.dataset.validation_fraction,
        key_words([stream_key(config.seed, "validation")])[0],
        key_words(keys_of(group, config.seed, SUBSET)),
        [member.train_size for member in group],
    )
    init = keys_of(group, config.seed, transplant.init_purpose(config))
    replicas = Replicas(_builder(config, dataset), init)
    if start is not None:
        start.plant(replicas, group)
    counts = kept_counts(schedule(config.pruner), replicas.num_prunable)
    return EnsembleModule(config, group, replicas, data, counts, max(_sizes(config, dataset)))


def _sizes(config: Config, dataset: Dataset) -> list[int]:
    """The training-set sizes of all networks of the run."""
    given = [member.train_size for member in members(config)]
    return actual_sizes(len(dataset.train_labels), config.dataset.validation_fraction, given)


def _builder(config: Config, dataset: Dataset) -> Callable[[], nn.Module]:
    return lambda: build_model(config.model, dataset.input_shape, dataset.num_classes)


def _fit_all(
    config: Config, record: RunRecord, dataset: Dataset, device: torch.device, console: Console,
    start: Transplant | None, warned: Warned, lease: Lease,
) -> None:  # fmt: skip
    """Train the ensemble: in one piece, or one part after the other where memory is short."""
    measure = Measure(partial(console.print, **PLAIN)) if config.progress else Measure()
    keeper = Record(record, measure, config.checkpoint_seconds, warned, lease)
    at_once = keeper.networks_at_once or config.trainer.networks_at_once
    asked = config.trainer.networks_at_once
    if asked is not None and asked != at_once:
        console.print(f"note: this run was begun with {at_once} networks at once", **PLAIN)
    if at_once is None:
        batch = max(config.training.batch_size, EXAMPLES_PER_CALL)
        at_once = networks_at_once(_builder(config, dataset), dataset.input_shape, batch, device)
    groups = in_parts(members(config), at_once)
    first_part = next((p for p in range(len(groups)) if not keeper.has_finished(p)), None)
    with (
        wandb_log.logging_to(config, record) if first_part is not None else nullcontext() as logger
    ):
        for part, group in enumerate(groups):
            if keeper.has_finished(part):
                continue
            stop, curve = Stop(), Curve(record)
            keeper.begin_part(
                part, len(groups), at_once, {"stop": stop, "curve": curve, "measure": measure}
            )
            if len(groups) > 1:
                console.print(f"part {part + 1} of {len(groups)}: {len(group)} networks", **PLAIN)
            module = build_module(config, dataset, group, start)
            keeper.resume(module)
            callbacks: list[lightning.Callback] = [Prune(), stop, curve, measure, keeper]
            if logger is not None:
                repeats = part == first_part and logger.experiment.offline
                callbacks.append(wandb_log.LogToWandb(logger, measure, repeats))
            if config.progress:
                callbacks.append(ShowProgress(measure, console))
            callbacks.append(Leave(warned))
            _fit(module, _trainer(config, record.folder, callbacks, logger), warned)
            del module, callbacks
            gc.collect()  # module and trainer hold each other, and the next part needs the room
    if len(groups) > 1:
        lease.check()
        keeper.sort_tables()


def _fit(module: EnsembleModule, trainer: lightning.Trainer, warned: Warned) -> None:
    try:
        trainer.fit(module, datamodule=ReplicaDataModule(module.source))
    except SystemExit as leaving:  # Lightning's way to act on signals; it names none of them
        if warned.has_left:
            raise
        raise (Terminated if trainer.received_sigterm else KeyboardInterrupt) from leaving
    if not module.ended:
        raise RunError(
            f"the training ended after step {module.step} of {module.num_steps}: leave "
            "trainer.options that end it out"
        )


def _refuse_other_data(record: RunRecord, data: dict[str, Any]) -> None:
    """A run is not to be continued with other examples than it began with."""
    begun_with = record.info().get("data", data)
    if record.checkpoint_file.exists() and begun_with != data:
        raise UserError(
            f"data_dir: run {record.id} began with {begun_with['num_train']} training examples "
            f"(digest {begun_with['digest']}), and here are {data['num_train']} "
            f"({data['digest']}): give the data_dir that it began with, or delete {record.folder}"
        )


def _facts(config: Config, dataset: Dataset, one: Replicas) -> dict[str, Any]:
    """What a reader of the record needs to know and cannot see in the configuration, told from the
    data and from one of the networks; sizes and schedules that do not fit these are refused."""
    _sizes(config, dataset)
    kept_counts(schedule(config.pruner), one.num_prunable)
    num_train = len(dataset.train_labels)
    return {
        "data": {
            "digest": dataset.digest,
            "num_classes": dataset.num_classes,
            "num_train": num_train,
            "num_validation": num_validation(num_train, config.dataset.validation_fraction),
            "num_test": len(dataset.test_labels),
        },
        "network": {
            "num_prunable": one.num_prunable,
            "layers": {name: list(mask.shape[1:]) for name, mask in one.layer_masks().items()},
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
        raise UserError(
            f"trainer.accelerator={config.trainer.accelerator} with {len(config.trainer.options)} "
            f"trainer.options: {first_line(error)}; trainer=cpu runs everywhere"
        ) from error
    except RuntimeError as error:
        raise RunError(f"no device to run on: {error}; trainer=cpu runs everywhere") from error


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} {platform.processor() or platform.machine()}"


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
