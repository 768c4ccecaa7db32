"""One run from its configuration to its record: everything put together and set going."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import lightning
import torch
from rich.console import Console
from torch import nn

from pruning_phases.config.identity import machine, physics
from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.registry import load
from pruning_phases.ensemble.data import actual_sizes, device_data, num_validation
from pruning_phases.ensemble.members import SUBSET, Member, in_chunks, keys_of, members
from pruning_phases.ensemble.memory import chunk_size
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.errors import Busy, Terminated, UserError
from pruning_phases.models.registry import build_model
from pruning_phases.pruning.schedules import kept_counts, schedule
from pruning_phases.records.lease import Lease
from pruning_phases.records.run import DONE, RunRecord
from pruning_phases.records.sweep import command_of
from pruning_phases.streams import key_words, stream_key
from pruning_phases.training import initial_state
from pruning_phases.training.callbacks import wandb as wandb_log
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.callbacks.progress import ShowProgress
from pruning_phases.training.callbacks.prune import Prune
from pruning_phases.training.callbacks.record import Record
from pruning_phases.training.callbacks.requeue import Leave
from pruning_phases.training.callbacks.stop import Stop
from pruning_phases.training.callbacks.training_curve import Curve
from pruning_phases.training.initial_state import InitialState
from pruning_phases.training.loop import EXAMPLES_PER_CALL, EnsembleModule
from pruning_phases.training.preemption import PreemptionSignal, deferred_signal
from pruning_phases.training.trainer import fit, name_of_device, new_trainer, quiet_lightning


def run(
    config: Config, record: RunRecord, console: Console, source: RunRecord | None = None
) -> None:
    """Train, prune and record, from the beginning or from where the record was cut off.

    ``source``: the pruned run whose initial weights and masks a run on a topology begins with.
    """
    quiet_lightning()
    if config.trainer.num_threads is not None:
        torch.set_num_threads(config.trainer.num_threads)
    torch.set_float32_matmul_precision(config.trainer.matmul_precision)
    dataset = load(config)
    # Both refuse what cannot be run before anything is written.
    device = new_trainer(config, record.folder, [], None).strategy.root_device
    one = Replicas(_builder(config, dataset), keys_of(members(config)[:1], config.seed, "init"))
    facts = _facts(config, dataset, one) | {
        "device": name_of_device(device),
        "command": command_of(config.results_dir, config.sweep.name),
    }
    start = initial_state.sample(config, source, one) if source else None
    if start is not None:
        facts["topology"] = start.about
    with record.lock() as lease:
        if record.state == DONE:  # by another process, since this one looked
            return
        _refuse_other_data(record, facts["data"])
        record.begin(physics(config), machine(config), **facts)
        try:
            with deferred_signal() as warned:
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
    start: InitialState | None = None,
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
    init = keys_of(group, config.seed, initial_state.init_purpose(config))
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
    start: InitialState | None, warned: PreemptionSignal, lease: Lease,
) -> None:  # fmt: skip
    """Train the ensemble: in one piece, or one part after the other where memory is short."""
    measure = Measure(partial(console.print, **PLAIN)) if config.progress else Measure()
    checkpointer = Record(record, measure, config.checkpoint_seconds, warned, lease)
    at_once = checkpointer.chunk_size or config.trainer.chunk_size
    asked = config.trainer.chunk_size
    if asked is not None and asked != at_once:
        console.print(f"note: this run was begun with {at_once} networks at once", **PLAIN)
    if at_once is None:
        batch = max(config.training.batch_size, EXAMPLES_PER_CALL)
        at_once = chunk_size(_builder(config, dataset), dataset.input_shape, batch, device)
    groups = in_chunks(members(config), at_once)
    first_part = next((p for p in range(len(groups)) if not checkpointer.has_finished(p)), None)
    with (
        wandb_log.logging_to(config, record) if first_part is not None else nullcontext() as logger
    ):
        for part, group in enumerate(groups):
            if checkpointer.has_finished(part):
                continue
            stop, curve = Stop(), Curve(record)
            checkpointer.begin_part(
                part, len(groups), at_once, {"stop": stop, "curve": curve, "measure": measure}
            )
            if len(groups) > 1:
                console.print(f"part {part + 1} of {len(groups)}: {len(group)} networks", **PLAIN)
            module = build_module(config, dataset, group, start)
            checkpointer.resume(module)
            callbacks: list[lightning.Callback] = [Prune(), stop, curve, measure, checkpointer]
            if logger is not None:
                repeats = part == first_part and logger.experiment.offline
                callbacks.append(wandb_log.LogToWandb(logger, measure, repeats))
            if config.progress:
                callbacks.append(ShowProgress(measure, console))
            callbacks.append(Leave(warned))
            fit(module, new_trainer(config, record.folder, callbacks, logger), warned)
            del module, callbacks
            gc.collect()  # module and trainer hold each other, and the next part needs the room
    if len(groups) > 1:
        lease.check()
        checkpointer.sort_tables()


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
