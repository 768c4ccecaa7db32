"""Writes the run's record as the run goes on, and takes it up again where it was cut off."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning import Callback, Trainer

from pruning_phases.config.choices import Stage
from pruning_phases.errors import UserError
from pruning_phases.records.lease import Lease
from pruning_phases.records.run import FINAL, INITIAL, REWIND, RunRecord, nearest
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.checkpoint import (
    Arrays,
    Holder,
    as_numpy,
    pack,
    replica_tensors,
    unpack,
)
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.preemption import PreemptionSignal

STAGES = {Stage.initial: REWIND, Stage.trained: "step_00000"}  # the snapshots that hold them

LARGEST_SHARE = 0.05  # of the time, that checkpoints may take, unless seconds = 0 asks for all


class Record(Callback):
    """Snapshots as they fall due; tables, then a checkpoint, at the ends of rounds.

    A checkpoint holds the state between two rounds, which step of which part of the ensemble that
    is in, and how many rows the tables had. Tables and checkpoints are written at most every
    ``seconds``, and when the machine has given warning; what was done since is done again after a
    kill, with the same numbers.
    """

    def __init__(
        self,
        record: RunRecord,
        measure: Measure,
        seconds: float,
        warned: PreemptionSignal,
        lease: Lease,
    ) -> None:
        self.record = record
        self.measure = measure
        self.seconds = seconds
        self.warned = warned
        self.lease = lease
        self.part, self.num_parts = 0, 1
        self.chunk_size: int | None = None  # known when the run was begun earlier
        self._holders: Mapping[str, Holder] = {}
        self._checkpoint: dict[str, Any] | None = None  # what is noted in the one that was found
        self._due = time.monotonic() + seconds
        if record.checkpoint_file.exists():
            self._checkpoint = record.read_about(record.checkpoint_file)
            if "rounds" not in self._checkpoint:
                raise UserError(
                    f"{record.checkpoint_file} is of an earlier version: delete {record.folder} "
                    "to run it again"
                )
            self.chunk_size = self._checkpoint["chunk_size"]
            rows = self._checkpoint["num_rows"]
            if rows[0]:
                measure.load_tables(record.observables()[: rows[0]], record.layers()[: rows[1]])

    def has_finished(self, part: int) -> bool:
        """Whether the checkpoint that was found is beyond this part of the ensemble."""
        found = self._checkpoint
        return found is not None and (part, False) < (found["part"], found["ended"])

    def begin_part(
        self, part: int, num_parts: int, chunk_size: int, holders: Mapping[str, Holder]
    ) -> None:
        """holders: the callbacks of this part whose state a checkpoint keeps."""
        self.part, self.num_parts = part, num_parts
        self.chunk_size = chunk_size
        self._holders = holders

    def resume(self, module: EnsembleModule) -> None:
        """Bring the part's module to the checkpoint that was found, if it is one of this part."""
        if self._checkpoint is None or self._checkpoint["part"] != self.part:
            return
        tensors, about = self.record.read_tensors(self.record.checkpoint_file)
        unpack(module, self._holders, tensors, about)
        for stage in module.config.pruner.stages() if module.step else ():
            kept, _ = self.record.read_tensors(self._file(STAGES[stage]))
            module.stages[stage] = {
                name: torch.from_numpy(kept[name]) for name in module.replicas.names
            }

    def sort_tables(self) -> None:
        """Rows of all parts in the order that they have when there is one part."""
        observables, layers = self.record.observables(), self.record.layers()
        layer = layers.groupby("layer", sort=False).ngroup().rename("position")
        places = pd.concat([layers["step"], layer], axis=1).sort_values(["step", "position"])
        self.record.write_tables(
            observables.sort_values("step", kind="stable"), layers.loc[places.index]
        )

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if (module.step, module.round) == (0, 0):
            self._snapshot(module, INITIAL)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step_ended:
            self._snapshots(module)
        always = module.step_ended and module.step in (0, module.num_steps)
        if always or time.monotonic() >= self._due or self.warned.at_all:
            self._write(module)
        self.lease.progress((self.part + module.share_done) / self.num_parts)

    def _write(self, module: EnsembleModule) -> None:
        self.lease.check()
        began = time.monotonic()
        num_rows = [0, 0]
        if self.measure.observables:
            tables = self.measure.tables()
            self.record.write_tables(*tables)
            num_rows = [len(table) for table in tables]
        tensors, place = pack(module, self._holders)
        self.record.write_tensors(
            self.record.checkpoint_file, tensors, **place,
            ended=module.step_ended and module.step == module.num_steps, part=self.part,
            chunk_size=self.chunk_size, num_rows=num_rows,
        )  # fmt: skip
        now = time.monotonic()
        longer = (now - began) / LARGEST_SHARE if self.seconds else 0.0
        self._due = now + max(self.seconds, longer)

    def _snapshots(self, module: EnsembleModule) -> None:
        if module.step == 0 and Stage.initial in module.stages:
            self._snapshot(module, REWIND, as_numpy(module.stages[Stage.initial]))
        if self._is_due(module):
            self._snapshot(module, f"step_{module.step:05d}")
        if module.step == module.num_steps:
            self._snapshot(module, FINAL)

    def _is_due(self, module: EnsembleModule) -> bool:
        """The first network, and the step whose density is nearest to one that was asked for."""
        if module.step == 0:
            return True
        total = module.replicas.num_prunable
        densities = [count / total for count in (total, *module.kept_counts)]
        wanted = [nearest(densities, density) for density in module.config.snapshots]
        return module.density in wanted

    def _file(self, name: str) -> Path:
        return self.record.snapshot_file(name, self.part if self.num_parts > 1 else None)

    def _snapshot(self, module: EnsembleModule, name: str, tensors: Arrays | None = None) -> None:
        self.record.write_tensors(
            self._file(name), tensors or replica_tensors(module),
            step=module.step, density=module.density,
            layers=list(module.replicas.layer_of.values()),
        )  # fmt: skip
