"""Writes the run's record as the run goes on, and takes it up again where it was cut off."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightning import Callback, Trainer
from torch import Tensor

from pruning_phases.config import Stage
from pruning_phases.engine.callbacks.measure import Measure
from pruning_phases.engine.module import EnsembleModule
from pruning_phases.engine.optimizers import load_state, state_tensors
from pruning_phases.errors import UserError
from pruning_phases.records import FINAL, INITIAL, REWIND, RunRecord, nearest

STAGES = {Stage.initial: REWIND, Stage.trained: "step_00000"}  # the snapshots that hold them


class Record(Callback):
    """Snapshots as they fall due; tables, then a checkpoint, at the end of a step.

    A checkpoint holds the state at a step's end: weights, masks, momentum, which step of which part
    of the ensemble it is, and how many rows the tables had. Everything else follows from the
    configuration, since random streams have no state. Tables and checkpoints are written at most
    every ``seconds``; what was done since is done again after a kill, with the same numbers.
    """

    def __init__(self, record: RunRecord, measure: Measure, seconds: float) -> None:
        self.record = record
        self.measure = measure
        self.seconds = seconds
        self.part, self.num_parts = 0, 1
        self.networks_at_once: int | None = None  # known when the run was begun earlier
        self._checkpoint: dict[str, Any] | None = None  # what is noted in the one that was found
        self._written = time.monotonic()
        if record.checkpoint_file.exists():
            self._checkpoint = record.read_about(record.checkpoint_file)
            if "networks_at_once" not in self._checkpoint:
                raise UserError(
                    f"{record.checkpoint_file} is of an earlier version: delete {record.folder} "
                    "to run it again"
                )
            self.networks_at_once = self._checkpoint["networks_at_once"]
            rows = self._checkpoint["num_rows"]
            measure.load(record.observables()[: rows[0]], record.layers()[: rows[1]])

    def has_finished(self, part: int) -> bool:
        """Whether the checkpoint that was found is beyond this part of the ensemble."""
        found = self._checkpoint
        return found is not None and (part, False) < (found["part"], found["ended"])

    def begin_part(self, part: int, num_parts: int, networks_at_once: int) -> None:
        self.part, self.num_parts = part, num_parts
        self.networks_at_once = networks_at_once

    def resume(self, module: EnsembleModule) -> None:
        """Bring the part's module to the checkpoint that was found, if it is one of this part."""
        if self._checkpoint is None or self._checkpoint["part"] != self.part:
            return
        tensors, about = self.record.read_tensors(self.record.checkpoint_file)
        load_replicas(module, tensors)
        for stage in module.config.pruner.stages():
            kept, _ = self.record.read_tensors(self._file(STAGES[stage]))
            module.stages[stage] = {
                name: torch.from_numpy(kept[name]) for name in module.replicas.names
            }
        module.step = int(about["step"]) + 1

    def sort_tables(self) -> None:
        """Rows of all parts in the order that they have when there is one part."""
        observables, layers = self.record.observables(), self.record.layers()
        layer = layers.groupby("layer", sort=False).ngroup().rename("position")
        places = pd.concat([layers["step"], layer], axis=1).sort_values(["step", "position"])
        self.record.write_tables(
            observables.sort_values("step", kind="stable"), layers.loc[places.index]
        )

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step == 0:
            self._snapshot(module, INITIAL)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if not module.step_ended:
            return
        if module.step == 0 and Stage.initial in module.stages:
            self._snapshot(module, REWIND, _as_numpy(module.stages[Stage.initial]))
        if self._is_due(module):
            self._snapshot(module, f"step_{module.step:05d}")
        if module.step == module.num_steps:
            self._snapshot(module, FINAL)
        if time.monotonic() - self._written >= self.seconds or module.step in (0, module.num_steps):
            tables = self.measure.tables()
            self.record.write_tables(*tables)
            tensors = replica_tensors(module) | _as_numpy(
                {
                    f"optimizer:{k}": v
                    for k, v in state_tensors(module.optimizer, module.replicas).items()
                }
            )
            self.record.write_tensors(
                self.record.checkpoint_file, tensors,
                step=module.step, ended=module.step == module.num_steps, part=self.part,
                networks_at_once=self.networks_at_once, num_rows=[len(table) for table in tables],
            )  # fmt: skip
            self._written = time.monotonic()

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

    def _snapshot(
        self, module: EnsembleModule, name: str, tensors: dict[str, np.ndarray] | None = None
    ) -> None:
        self.record.write_tensors(
            self._file(name), tensors or replica_tensors(module),
            step=module.step, density=module.density,
            layers=list(module.replicas.layer_of.values()),
        )  # fmt: skip


def replica_tensors(module: EnsembleModule) -> dict[str, np.ndarray]:
    """Weights and biases [R, ...] by parameter name, and masks (uint8) under ``mask:<name>``."""
    replicas = module.replicas
    weights = {name: replicas.stacked(name).detach() for name in replicas.names}
    masks = {f"mask:{name}": replicas.mask(name).to(torch.uint8) for name in replicas.layer_of}
    return _as_numpy(weights | masks)


@torch.no_grad()
def load_replicas(module: EnsembleModule, tensors: dict[str, np.ndarray]) -> None:
    """Put back what ``replica_tensors`` and the optimizer's state gave."""
    replicas = module.replicas
    for name in replicas.names:
        replicas.stacked(name).copy_(torch.from_numpy(tensors[name]))
    replicas.set_masks(
        {
            layer: torch.from_numpy(tensors[f"mask:{name}"]).bool()
            for name, layer in replicas.layer_of.items()
        }
    )
    prefix = "optimizer:"
    load_state(
        module.optimizer,
        replicas,
        {
            name.removeprefix(prefix): torch.from_numpy(value)
            for name, value in tensors.items()
            if name.startswith(prefix)
        },
    )


def _as_numpy(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.cpu().contiguous().numpy() for name, tensor in tensors.items()}
