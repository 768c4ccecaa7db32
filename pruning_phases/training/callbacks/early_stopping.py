"""Decide when the training of a step ends, separately for every replica.

In: training or validation losses. Out: the active replicas, the end of the step. Knows no record.
"""

from collections.abc import Callable

import numpy as np
import torch
from lightning import Callback, Trainer
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.config.enums import Rule, Stage
from pruning_phases.ensemble.images import Images
from pruning_phases.ensemble.optimizers import state_tensors
from pruning_phases.errors import RunError
from pruning_phases.training.checkpoint import as_numpy, prefixed, under
from pruning_phases.training.evaluate import evaluate
from pruning_phases.training.loop import EnsembleModule, diverged, replica_numbers
from pruning_phases.training.plateau import Plateau


class EarlyStopping(Callback):
    """Ends a step after its budget or, with the rule ``plateau``, replica by replica.

    Dense or rewound networks: each replica ends with the weights of the round with the lowest
    validation loss. Fine-tuning: each replica ends with the weights and the momentum at which its
    training loss stopped to improve, while the others continue.
    The state of the optimizer is erased after the dense training.
    """

    state_name = "stop"

    def __init__(self, notify: Callable[[str], None] = lambda _: None) -> None:
        self.notify = notify
        self.plateau: Plateau | None = None
        self.kept: dict[str, Tensor] = {}
        self.kept_loss = np.empty(0)

    def state(self) -> dict[str, NDArray]:
        if self.plateau is None:
            return {}
        state = {"best": self.plateau.best, "stale": self.plateau.stale}
        if self.kept:
            state["kept_loss"] = self.kept_loss
        return state | prefixed("kept", as_numpy(self.kept))

    def load(self, module: EnsembleModule, state: dict[str, NDArray]) -> None:
        if not state:
            return
        budget = module.budget
        self.plateau = Plateau(budget.patience, budget.min_delta, state["best"], state["stale"])
        module.active = (~self.plateau.stopped).tolist()
        self.kept_loss = state.get("kept_loss", self.kept_loss)
        self.kept = {name: torch.from_numpy(v) for name, v in under("kept", state).items()}

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self.kept = {name: tensor.to(module.device) for name, tensor in self.kept.items()}

    def on_train_epoch_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.round == 0:
            self.plateau, self.kept = None, {}
            if module.budget.rule is Rule.plateau:
                budget = module.budget
                self.plateau = Plateau.begin(
                    budget.patience, budget.min_delta, module.replicas.num_replicas
                )

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        train_loss = module.close_round()
        _refuse_divergence(module, train_loss)
        module.step_ended = module.round + 1 >= module.num_rounds
        if self.plateau is not None:
            self._watch(self.plateau, module, train_loss)
            _refuse_stop_before_rewind(module)
            if module.step_ended and module.budget.grows() and any(module.active):
                self.notify(
                    f"note: {sum(module.active)} of {len(module.active)} networks reached "
                    f"{module.num_updates} updates before their loss stopped improving: give a "
                    "larger training.budget.amount"
                )
        if module.step_ended:
            self._restore(module)
            if module.step == 0:
                module.optimizer.state.clear()

    def _watch(self, plateau: Plateau, module: EnsembleModule, train_loss: NDArray) -> None:
        running = ~plateau.stopped
        may_stop = module.num_updates >= module.budget.min_updates
        if module.trains_anew:
            self._keep(module, plateau.report(_validation_loss(module), may_stop))
        else:
            plateau.report(train_loss, may_stop)
            self._keep(module, running & plateau.stopped)
        module.active = (~plateau.stopped).tolist()
        module.step_ended |= bool(plateau.stopped.all())

    def _keep(self, module: EnsembleModule, which: NDArray[np.bool_]) -> None:
        """Keep a copy of the state of some replicas."""
        state = _replica_state(module)
        rows = torch.as_tensor(which, device=module.replicas.device)
        self.kept_loss = np.where(which, module.train_loss, self.kept_loss if self.kept else np.nan)
        for name, tensor in state.items():
            if name not in self.kept:
                self.kept[name] = tensor.clone()
            else:
                self.kept[name][rows] = tensor[rows]

    def _restore(self, module: EnsembleModule) -> None:
        """Restore the copy of each replica. Fine-tuned replicas that did not stop have none."""
        if self.plateau is None or not self.kept:
            return
        which = self.plateau.stopped | module.trains_anew
        module.train_loss = np.where(which, self.kept_loss, module.train_loss)
        rows = torch.as_tensor(which, device=module.replicas.device)
        with torch.no_grad():
            for name, tensor in _replica_state(module).items():
                tensor[rows] = self.kept[name][rows]


def _replica_state(module: EnsembleModule) -> dict[str, Tensor]:
    """All tensors with a replica dimension that training changes, without a copy."""
    momentum = state_tensors(module.optimizer, module.replicas)
    return module.replicas.trained_tensors() | {
        name: tensor for name, tensor in momentum.items() if tensor.dim() > 0
    }


def _validation_loss(module: EnsembleModule) -> NDArray[np.float64]:
    """Validation losses [R] of the replicas that have not stopped."""
    data = module.data
    x, y = data.train_images(data.validation), data.train_y[data.validation]
    return evaluate(module, Images(x), y, active=module.active)["loss"]


def _refuse_divergence(module: EnsembleModule, train_loss: NDArray) -> None:
    lost = np.flatnonzero(~np.isfinite(train_loss) & np.array(module.active))
    if module.num_updates and len(lost):
        raise diverged(module, lost, "training loss")


def _refuse_stop_before_rewind(module: EnsembleModule) -> None:
    """Raise RunError if a replica's dense training stopped before the update to rewind to."""
    needed = module.step == 0 and Stage.initial in module.config.pruner.stages()
    if not needed or Stage.initial in module.stages or all(module.active):
        return
    stopped = replica_numbers(module, np.flatnonzero(~np.array(module.active)))
    raise RunError(
        f"pruner.rewind_update={module.config.pruner.rewind_update}: the dense training of replica "
        f"{stopped} stopped early after {module.num_updates} updates: give "
        f"{module.num_updates - 1} or less, or a larger training.budget.patience"
    )
