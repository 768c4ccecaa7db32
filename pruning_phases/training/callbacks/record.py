"""Write the run's record during the training, and resume from its checkpoint.

In: the module, the tables, the preemption signal. Out: snapshots, tables, checkpoints. Knows no
observable and no file name: the names are those of ``records.run``.
"""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning import Callback, Trainer

from pruning_phases.config.enums import Stage
from pruning_phases.errors import UserError
from pruning_phases.records.lease import Lease
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import FINAL, GRADIENTS, INITIAL, REWIND, nearest
from pruning_phases.records.tensors import read_metadata, read_tensors
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.checkpoint import (
    Arrays,
    StatefulCallback,
    as_numpy,
    pack,
    replica_tensors,
    unpack,
)
from pruning_phases.training.in_float64 import stacked_gradients, training_examples
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.preemption import PreemptionSignal

STAGES = {Stage.initial: REWIND, Stage.trained: "step_00000"}  # names of their snapshots

LARGEST_FRACTION = 0.05  # of the time that checkpoints may take, unless seconds = 0


class Record(Callback):
    """Writes snapshots at the ends of steps; tables, then a checkpoint, at the ends of rounds.

    A checkpoint holds the state between two rounds, its chunk and step, and the numbers of rows in
    the tables. Tables and checkpoints are written at most every ``seconds``, and after a preemption
    signal. After a kill, the work since the last checkpoint is repeated with the same numbers.
    """

    def __init__(
        self,
        record: RunRecord,
        measure: Measure,
        seconds: float,
        preemption: PreemptionSignal,
        lease: Lease,
    ) -> None:
        self.record = record
        self.measure = measure
        self.seconds = seconds
        self.preemption = preemption
        self.lease = lease
        self.chunk, self.num_chunks = 0, 1
        self.chunk_size: int | None = None  # known if the run is resumed
        self._stateful: Sequence[StatefulCallback] = ()
        self._checkpoint: dict[str, Any] | None = None  # metadata of the checkpoint on disk
        self._due = time.monotonic() + seconds
        if record.checkpoint_file.exists():
            self._checkpoint = read_metadata(record.checkpoint_file)
            if "chunk" not in self._checkpoint:
                raise UserError(
                    f"{record.checkpoint_file} is of an earlier version: delete {record.folder} "
                    "to run it again"
                )
            self.chunk_size = self._checkpoint["chunk_size"]
            rows = self._checkpoint["num_rows"]
            if rows[0]:
                measure.load_tables(record.observables()[: rows[0]], record.layers()[: rows[1]])

    def has_finished(self, chunk: int) -> bool:
        """Return True if the checkpoint on disk was written after the end of this chunk."""
        found = self._checkpoint
        return found is not None and (chunk, False) < (found["chunk"], found["ended"])

    def begin_chunk(
        self, chunk: int, num_chunks: int, chunk_size: int, stateful: Sequence[StatefulCallback]
    ) -> None:
        """stateful: the callbacks of this chunk whose state a checkpoint keeps."""
        self.chunk, self.num_chunks = chunk, num_chunks
        self.chunk_size = chunk_size
        self._stateful = stateful

    def resume(self, module: EnsembleModule) -> None:
        """Restore the checkpoint on disk in the module, if it belongs to the current chunk."""
        if self._checkpoint is None or self._checkpoint["chunk"] != self.chunk:
            return
        tensors, position = read_tensors(self.record.checkpoint_file)
        unpack(module, self._stateful, tensors, position)
        for stage in module.config.pruner.stages() if module.step else ():
            kept, _ = read_tensors(self._file(STAGES[stage]))
            module.stages[stage] = {
                key: torch.from_numpy(kept[key]) for key in module.replicas.trained_tensors()
            }

    def sort_tables(self) -> None:
        """Sort the rows of all chunks into the order of an ensemble in one chunk."""
        observables, layers = self.record.observables(), self.record.layers()
        layer = layers.groupby("layer", sort=False).ngroup().rename("position")
        order = pd.concat([layers["step"], layer], axis=1).sort_values(["step", "position"])
        self.record.write_tables(
            observables.sort_values("step", kind="stable"), layers.loc[order.index]
        )

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if (module.step, module.round) == (0, 0):
            self._snapshot(module, INITIAL)

    def on_train_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.config.initial_gradients and (module.step, module.round) == (0, 0):
            found = stacked_gradients(module, partial(training_examples, module))
            single = {name: gradient.float() for name, gradient in found.items()}
            self._snapshot(module, GRADIENTS, as_numpy(single))

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step_ended:
            self._snapshots(module)
        always = module.step_ended and module.step in (0, module.num_steps)
        if always or time.monotonic() >= self._due or self.preemption.is_received:
            self._write(module)
        self.lease.progress((self.chunk + module.fraction_done) / self.num_chunks)

    def _write(self, module: EnsembleModule) -> None:
        self.lease.check()
        began = time.monotonic()
        num_rows = [0, 0]
        if self.measure.observables:
            tables = self.measure.tables()
            self.record.write_tables(*tables)
            num_rows = [len(table) for table in tables]
        tensors, position = pack(module, self._stateful)
        self.record.write_tensors(
            self.record.checkpoint_file, tensors, **position,
            ended=module.step_ended and module.step == module.num_steps, chunk=self.chunk,
            chunk_size=self.chunk_size, num_rows=num_rows,
        )  # fmt: skip
        now = time.monotonic()
        longer = (now - began) / LARGEST_FRACTION if self.seconds else 0.0
        self._due = now + max(self.seconds, longer)

    def _snapshots(self, module: EnsembleModule) -> None:
        if module.step == 0 and Stage.initial in module.stages:
            self._snapshot(module, REWIND, as_numpy(module.stages[Stage.initial]))
        if self._is_due(module):
            self._snapshot(module, f"step_{module.step:05d}")
        if module.step == module.num_steps:
            self._snapshot(module, FINAL)

    def _is_due(self, module: EnsembleModule) -> bool:
        """Return True at step 0, and at the step nearest to each density in ``snapshots``."""
        if module.step == 0:
            return True
        total = module.replicas.num_prunable
        densities = [count / total for count in (total, *module.kept_counts)]
        wanted = [nearest(densities, density) for density in module.config.snapshots]
        return module.density in wanted

    def _file(self, name: str) -> Path:
        return self.record.snapshot_file(name, self.chunk if self.num_chunks > 1 else None)

    def _snapshot(self, module: EnsembleModule, name: str, tensors: Arrays | None = None) -> None:
        self.record.write_tensors(
            self._file(name), tensors or replica_tensors(module),
            step=module.step, density=module.density,
            layers=list(module.replicas.layer_of.values()),
        )  # fmt: skip
