"""Leaves a machine that has given warning, once everything that is to be kept of a round is."""

from __future__ import annotations

from lightning import Callback, Trainer

from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.preemption import PreemptionSignal


class Leave(Callback):
    """The last callback of all."""

    def __init__(self, warned: PreemptionSignal) -> None:
        self.warned = warned

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self.warned.leave()
