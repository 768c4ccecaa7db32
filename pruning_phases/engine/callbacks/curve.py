"""Notes the training loss over the updates of the first training, before anything is cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from lightning import Callback, Trainer
from torch import Tensor

from pruning_phases.engine.module import EnsembleModule
from pruning_phases.records import RunRecord


class Curve(Callback):
    """One row a network and ``training_step``: the mean loss over its updates, before each."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self._updates: list[int] = [0]
        self._means: list[Tensor] = []
        self._sum: Tensor | None = None

    def on_train_epoch_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self._sum = None

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        module: EnsembleModule,
        outputs: object,
        batch: object,
        batch_idx: int,
    ) -> None:
        count = module.num_updates - self._updates[-1]
        if module.step or not count:
            return
        total = module.loss_sum.clone()
        mean = (total if self._sum is None else total - self._sum) / count
        stopped = torch.tensor([not active for active in module.active], device=mean.device)
        self._means.append(mean.masked_fill(stopped, torch.nan))
        self._updates.append(module.num_updates)
        self._sum = total

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step == 0 and module.step_ended and self._means:
            self.record.add_training(self._table(module))

    def _table(self, module: EnsembleModule) -> pd.DataFrame:
        losses = torch.stack(self._means).double().cpu().numpy()
        count = len(losses)
        rows = pd.DataFrame(
            {
                "update": np.repeat(self._updates[1:], len(module.group)),
                "replica": np.tile([member.replica for member in module.group], count),
                "p_train": np.tile(module.train_rates.numpy(), count),
                "train_size": np.tile(module.data.sizes.cpu().numpy(), count),
                "train_loss": losses.ravel(),
            }
        )
        return rows.dropna()  # of networks that had stopped
