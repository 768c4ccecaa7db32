"""Writes the run's record as the run goes on, and takes it up again where it was cut off."""

from __future__ import annotations

import time

import numpy as np
import torch
from lightning import Callback, Trainer
from torch import Tensor

from pruning_phases.engine.callbacks.measure import Measure
from pruning_phases.engine.module import EnsembleModule
from pruning_phases.engine.optimizers import load_state, state_tensors
from pruning_phases.records import FINAL, INITIAL, RunRecord


class Record(Callback):
    """Snapshots as they fall due; tables, then a checkpoint, at the end of a step.

    A checkpoint holds the state at a step's end: weights, masks, momentum and the step's number.
    Everything else follows from the configuration, since random streams have no state. Tables
    and checkpoints are written at most every ``seconds``; what was done since is done again after a
    kill, with the same numbers.
    """

    def __init__(self, record: RunRecord, measure: Measure, seconds: float) -> None:
        self.record = record
        self.measure = measure
        self.seconds = seconds
        self._written = time.monotonic()

    def resume(self, module: EnsembleModule) -> bool:
        """Bring module and tables to the last checkpoint, if there is one; True if all is done."""
        if not self.record.checkpoint_file.exists():
            return False
        tensors, about = self.record.read_tensors(self.record.checkpoint_file)
        step = int(about["step"])
        load_replicas(module, tensors)
        observables, layers = self.record.observables(), self.record.layers()
        self.measure.load(observables[observables.step <= step], layers[layers.step <= step])
        module.step = min(step + 1, module.num_steps)
        return step == module.num_steps

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step == 0 and not self.record.snapshot_file(INITIAL).exists():
            self._snapshot(module, INITIAL)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if not module.step_ended:
            return
        if self._is_due(module):
            self._snapshot(module, f"step_{module.step:05d}")
        if module.step == module.num_steps:
            self._snapshot(module, FINAL)
        if time.monotonic() - self._written >= self.seconds or module.step in (0, module.num_steps):
            self.record.write_tables(*self.measure.tables())
            tensors = replica_tensors(module) | _as_numpy(
                {
                    f"optimizer:{k}": v
                    for k, v in state_tensors(module.optimizer, module.replicas).items()
                }
            )
            self.record.write_tensors(self.record.checkpoint_file, tensors, step=module.step)
            self._written = time.monotonic()

    def _is_due(self, module: EnsembleModule) -> bool:
        """The dense network, and the first step at or below each density that was asked for."""
        if module.step == 0:
            return True
        before = (
            module.kept_counts[module.step - 2] if module.step > 1 else module.replicas.num_prunable
        )
        wanted = [
            round(density * module.replicas.num_prunable) for density in module.config.snapshots
        ]
        return any(module.num_kept <= count < before for count in wanted)

    def _snapshot(self, module: EnsembleModule, name: str) -> None:
        self.record.write_tensors(
            self.record.snapshot_file(name), replica_tensors(module),
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
