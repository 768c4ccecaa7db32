"""One run from its configuration to its record.

In: a checked configuration and its record. Out: the finished record. This file connects the parts:
data, networks, callbacks, Lightning's Trainer. It knows no score, no observable and no analysis.
"""

import gc
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain, dropwhile

import lightning
import torch
from rich.console import Console

from pruning_phases.config.groups import NO_SCORE
from pruning_phases.config.identity import machine, physics
from pruning_phases.config.keys import import_paths
from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.registry import load
from pruning_phases.data.same_data import refuse_other_data
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.device_data import device_data
from pruning_phases.ensemble.members import SUBSET, Member, keys_of, members
from pruning_phases.ensemble.memory import chunk_size, refuse_oversized, refuse_oversized_data
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.ensemble.workers import set_num_workers
from pruning_phases.models.registry import build_model
from pruning_phases.pruning.predictor import refuse_other_kinds, teacher_of
from pruning_phases.pruning.registry import PREDICTOR, reads
from pruning_phases.pruning.schedules import counts_of
from pruning_phases.records.lease import Lease
from pruning_phases.records.run import DONE, RunRecord
from pruning_phases.records.segments import note_on_rounding
from pruning_phases.records.source_files import refuse_other_source_files
from pruning_phases.records.sweep import command_of
from pruning_phases.streams import key_words, stream_key
from pruning_phases.tracking.run_log import opened_log
from pruning_phases.training import initial_state
from pruning_phases.training.callbacks.early_stopping import EarlyStopping
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.callbacks.progress import ShowProgress
from pruning_phases.training.callbacks.prune import Prune
from pruning_phases.training.callbacks.record import Record
from pruning_phases.training.callbacks.regrow import Regrow
from pruning_phases.training.callbacks.requeue import Requeue
from pruning_phases.training.callbacks.training_curve import TrainingCurve
from pruning_phases.training.callbacks.wandb import LogToWandb
from pruning_phases.training.checkpoint import StatefulCallback
from pruning_phases.training.evaluate import EXAMPLES_PER_CALL
from pruning_phases.training.facts import facts_of, train_sizes
from pruning_phases.training.failure import recorded_failure
from pruning_phases.training.initial_state import InitialState
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.own_masks import own_masks
from pruning_phases.training.preemption import PreemptionSignal, deferred_signal
from pruning_phases.training.refinement import chunks_of, max_chunks
from pruning_phases.training.trainer import arithmetic, fit, new_trainer, quiet_lightning
from pruning_phases.training.trial import trial


def run(
    config: Config, record: RunRecord, console: Console, source: RunRecord | None = None
) -> None:
    """Train, prune and record, from the beginning or from the last checkpoint.

    ``source``: the pruned run that gives initial weights and masks to a run on a topology.
    """
    quiet_lightning()
    set_num_workers(config.trainer.num_threads)
    torch.set_float32_matmul_precision(config.trainer.matmul_precision)
    # All that can be refused is refused before anything is written.
    trainer = new_trainer(config, record.folder)
    dataset = _load(config)
    architecture = architecture_of(config, dataset)
    device = trainer.strategy.root_device
    refuse_oversized(architecture, 0, device)
    _try_own_parts(config, dataset, architecture)
    refuse_oversized(architecture, config.training.batch_size, device)
    facts = facts_of(config, dataset, architecture) | {
        "command": command_of(config.results_dir, config.sweep.name),
    }
    initial = _initial_state(config, source, architecture)
    if initial is not None:
        facts["topology"] = initial.facts
    chunks = _Chunks(config, record, console, dataset, architecture, initial, trainer)
    del trainer  # only ``chunks`` may keep a Trainer, which keeps the networks that it trained
    with record.lock() as lease:
        if record.state == DONE:  # another process has made it in the meantime
            return
        refuse_other_data(record, dataset.digest, len(dataset.train_labels))
        refuse_other_source_files(record, facts["sources"])
        record.begin(physics(config), machine(config), arithmetic(device), **facts)
        if note := note_on_rounding(record.info()["segments"]):
            console.print(note, **PLAIN)
        with recorded_failure(record, import_paths(config)), deferred_signal() as preemption:
            chunks.train(preemption, lease)
        lease.check()
        record.finish()


def _try_own_parts(config: Config, dataset: Dataset, architecture: Architecture) -> None:
    """Refuse code and a predictor of a user's own that do not fit the network."""
    if reads(config.pruner.score) == PREDICTOR:
        teacher = str(config.pruner.teacher)
        refuse_other_kinds(teacher_of(config.pruner), architecture.layers.values(), teacher)
    if import_paths(config):
        one = partial(build_module, config, dataset, members(config)[:1], None, architecture)
        trial(config, dataset, architecture, one)


def _initial_state(
    config: Config, source: RunRecord | None, architecture: Architecture
) -> InitialState | None:
    if config.topology.family.differs_by_replica:
        return own_masks(config, architecture)
    return initial_state.sample(config, source, architecture) if source else None


def _load(config: Config) -> Dataset:
    """Load the data set. Raises UserError if memory cannot hold one that is generated."""
    if hasattr(config.dataset, "num_bytes"):
        refuse_oversized_data(config.dataset.num_bytes())
    return load(config)


def architecture_of(config: Config, dataset: Dataset) -> Architecture:
    """The network that ``config.model`` describes for a data set."""
    shape, num_classes = dataset.input_shape, dataset.num_classes
    return Architecture(lambda: build_model(config.model, shape, num_classes), shape)


def build_module(
    config: Config,
    dataset: Dataset,
    group: list[Member] | None = None,
    initial: InitialState | None = None,
    architecture: Architecture | None = None,
) -> EnsembleModule:
    """Build the untrained networks of a group; by default all of the configuration."""
    group = members(config) if group is None else group
    data = device_data(
        dataset,
        config.dataset.validation_fraction,
        key_words([stream_key(config.seed, "validation")])[0],
        key_words(keys_of(group, config.seed, SUBSET)),
        [member.train_size for member in group],
    )
    init_keys = keys_of(group, config.seed, initial_state.init_purpose(config))
    replicas = Replicas(architecture or architecture_of(config, dataset), init_keys)
    if initial is not None:
        initial.apply_to(replicas, group)
    counts = counts_of(config.pruner, replicas.num_prunable)
    return EnsembleModule(config, group, replicas, data, counts, max(train_sizes(config, dataset)))


def callbacks_of(
    config: Config, checkpointer: Record, console: Console, logging: LogToWandb | None
) -> list[lightning.Callback]:
    """The callbacks of one chunk, in the order in which Lightning calls them at every hook."""
    measure = checkpointer.measure
    return [
        Prune(),
        Regrow(),
        EarlyStopping(partial(console.print, **PLAIN)),
        TrainingCurve(checkpointer.record),
        measure,
        checkpointer,
        *([logging] if logging else []),
        *([ShowProgress(measure, console)] if config.progress else []),
        Requeue(checkpointer.preemption),
    ]


@dataclass
class _Chunks:
    """The training of a run's ensemble: in one chunk, or in several where memory is short."""

    config: Config
    record: RunRecord
    console: Console
    dataset: Dataset
    architecture: Architecture
    initial: InitialState | None
    trainer: lightning.Trainer

    def train(self, preemption: PreemptionSignal, lease: Lease) -> None:
        config, record = self.config, self.record
        notify = partial(self.console.print, **PLAIN)
        measure = Measure(notify) if config.progress else Measure()
        checkpointer = Record(record, measure, config.checkpoint_seconds, preemption, lease)
        size = self._chunk_size(checkpointer.chunk_size)
        num_chunks = max_chunks(config, size)
        self._note_dense_form(notify)
        chunks = chunks_of(config, size, lambda: measure.tables()[0], self.dataset.num_classes)
        remaining = dropwhile(lambda one: checkpointer.has_finished(one[0]), enumerate(chunks))
        first = next(remaining, None)
        with opened_log(config.logger, record) if first else nullcontext() as run_log:
            for chunk, group in chain([first] if first else [], remaining):
                if (chunk, group) != first:
                    self.trainer = new_trainer(config, record.folder)
                    gc.collect()  # the old trainer and its module refer to each other; make room
                if num_chunks > 1:
                    at_most = " at most" if config.dropout_phase.rounds_of_refinement() else ""
                    rates = ", ".join(f"{rate:g}" for rate in sorted({m.p_train for m in group}))
                    notify(
                        f"chunk {chunk + 1} of {num_chunks}{at_most}: {len(group)} networks at "
                        f"p_train {rates}"
                    )
                logging = None
                if run_log is not None:
                    repeats = (chunk, group) == first and run_log.run.offline
                    logging = LogToWandb(run_log, measure, repeats)
                callbacks = callbacks_of(config, checkpointer, self.console, logging)
                stateful = [one for one in callbacks if isinstance(one, StatefulCallback)]
                checkpointer.begin_chunk(chunk, num_chunks, size, stateful)
                self._fit(group, checkpointer, callbacks)
                del callbacks, stateful
        if num_chunks > 1:
            lease.check()
            checkpointer.sort_tables()

    def _note_dense_form(self, notify: Callable[[str], None]) -> None:
        """Say if sparse networks will cost as much as dense ones."""
        on_cpu = self.trainer.strategy.root_device.type == "cpu"
        prunes = self.config.pruner.score != NO_SCORE
        if self.architecture.chain is None and on_cpu and prunes:
            notify(
                "note: this model is no chain of linear and convolution layers: an update "
                "takes the same time at every density"
            )

    def _chunk_size(self, at_begin: int | None) -> int:
        """Networks trained together. A resumed run keeps the number that it began with."""
        given = self.config.trainer.chunk_size
        if at_begin is None and given is None:
            batch, device = self.config.training.batch_size, self.trainer.strategy.root_device
            return chunk_size(self.architecture, batch, EXAMPLES_PER_CALL, device)
        if at_begin is not None and given not in (None, at_begin):
            self.console.print(f"note: this run began with chunks of {at_begin} networks", **PLAIN)
        size = at_begin or given
        assert size is not None
        return size

    def _fit(
        self, group: list[Member], checkpointer: Record, callbacks: list[lightning.Callback]
    ) -> None:
        module = build_module(self.config, self.dataset, group, self.initial, self.architecture)
        checkpointer.resume(module)
        fit(module, self.trainer, callbacks, checkpointer.preemption)
