"""End the process after a preemption signal or Ctrl-C, once the round's results are written.

In: the deferred signal. Out: a call of its handler. Knows no record.
"""

from lightning import Callback, Trainer

from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.preemption import PreemptionSignal


class Requeue(Callback):
    """Has to be the last callback: the others have written their results by then."""

    def __init__(self, preemption: PreemptionSignal) -> None:
        self.preemption = preemption

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self.preemption.requeue()
