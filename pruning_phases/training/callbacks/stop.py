"""Decides when a step's training ends, for every replica by itself."""

from __future__ import annotations

import numpy as np
import torch
from lightning import Callback, Trainer
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.config.choices import Rule
from pruning_phases.ensemble.optimizers import state_tensors
from pruning_phases.training.budget import Plateau
from pruning_phases.training.checkpoint import as_numpy, prefixed, under
from pruning_phases.training.loop import EnsembleModule, diverged


class Stop(Callback):
    """Ends a step after its budget or, with the rule ``plateau``, replica by replica.

    Training from the beginning watches the validation loss, and each replica ends with the weights
    of its best round. Fine-tuning watches the training loss, and each replica ends with the weights
    and the momentum that it stopped with: what the ensemble does after that does not reach it.
    The optimizer begins anew once the dense training is over.
    """

    def __init__(self) -> None:
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
        if module.step_ended:
            self._restore(module)
            if module.step == 0:
                module.optimizer.state.clear()

    def _watch(self, plateau: Plateau, module: EnsembleModule, train_loss: NDArray) -> None:
        running = ~plateau.stopped
        if module.trains_anew:
            self._keep(module, plateau.report(_validation_loss(module)))
        else:
            plateau.report(train_loss)
            self._keep(module, running & plateau.stopped)
        module.active = (~plateau.stopped).tolist()
        module.step_ended |= bool(plateau.stopped.all())

    def _keep(self, module: EnsembleModule, which: NDArray[np.bool_]) -> None:
        """Copy the state of some replicas aside."""
        state = _replica_state(module)
        rows = torch.as_tensor(which, device=module.replicas.device)
        self.kept_loss = np.where(which, module.train_loss, self.kept_loss if self.kept else np.nan)
        for name, tensor in state.items():
            if name not in self.kept:
                self.kept[name] = tensor.clone()
            else:
                self.kept[name][rows] = tensor[rows]

    def _restore(self, module: EnsembleModule) -> None:
        """Give each replica back the state kept for it. Fine-tuned replicas that never stopped have
        none: they go on from where they are."""
        if self.plateau is None or not self.kept:
            return
        which = self.plateau.stopped | module.trains_anew
        module.train_loss = np.where(which, self.kept_loss, module.train_loss)
        rows = torch.as_tensor(which, device=module.replicas.device)
        with torch.no_grad():
            for name, tensor in _replica_state(module).items():
                tensor[rows] = self.kept[name][rows]


def _replica_state(module: EnsembleModule) -> dict[str, Tensor]:
    """All tensors with a replica dimension that training changes, not copied."""
    replicas = module.replicas
    state = {name: replicas.stacked(name).detach() for name in replicas.names}
    momentum = state_tensors(module.optimizer, replicas)
    return state | {name: tensor for name, tensor in momentum.items() if tensor.dim() > 0}


def _validation_loss(module: EnsembleModule) -> NDArray[np.float64]:
    data = module.data
    x, y = data.train_images(data.validation), data.train_y[data.validation]
    return module.evaluate(x, y).observables()["loss"]


def _refuse_divergence(module: EnsembleModule, train_loss: NDArray) -> None:
    lost = np.flatnonzero(~np.isfinite(train_loss) & np.array(module.active))
    if module.num_updates and len(lost):
        raise diverged(module, lost, "training loss")
