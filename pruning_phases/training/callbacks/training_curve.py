"""Record the training loss of every network over its updates.

In: the losses of each block of updates. Out: the rows of training.parquet. Knows no test set.
"""

import numpy as np
import pandas as pd
import torch
from lightning import Callback, Trainer
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.records.run import RunRecord
from pruning_phases.training.checkpoint import as_numpy, prefixed, under
from pruning_phases.training.evaluate import train_set_observables
from pruning_phases.training.loop import EnsembleModule

EVALUATED_EVERY = 1.25  # factor between updates that are evaluated on the training set


class TrainingCurve(Callback):
    """One row per network and block of updates: the mean loss, taken before each update.

    With ``training.measure_on_train_set`` also the observables on the network's own training
    examples, at ends of rounds in even steps of the logarithm of the updates; NaN in other rows.
    """

    state_name = "curve"

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self._begin()

    def _begin(self) -> None:
        self._updates: list[int] = []
        self._means: list[Tensor] = []
        self._fits: dict[int, dict[str, NDArray[np.float64]]] = {}
        self._sum: Tensor | None = None

    def state(self) -> dict[str, NDArray]:
        if not self._updates:
            return {}
        evaluated = list(self._fits)
        fits = {
            name: np.stack([self._fits[update][name] for update in evaluated])
            for name in next(iter(self._fits.values()), {})
        }
        counts = {"updates": np.array(self._updates), "evaluated": np.array(evaluated, int)}
        return prefixed("fits", fits) | counts | as_numpy({"means": torch.stack(self._means)})

    def load(self, module: EnsembleModule, state: dict[str, NDArray]) -> None:
        if not state:
            return
        self._updates = state["updates"].tolist()
        self._means = list(torch.from_numpy(state["means"]))
        fits = under("fits", state)
        self._fits = {
            update: {name: rows[row] for name, rows in fits.items()}
            for row, update in enumerate(state["evaluated"].tolist())
        }

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self._means = [mean.to(module.device) for mean in self._means]

    def on_train_epoch_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.round == 0:
            self._begin()
        self._sum = None

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        module: EnsembleModule,
        outputs: object,
        batch: object,
        batch_idx: int,
    ) -> None:
        count = module.num_updates - (self._updates[-1] if self._updates else 0)
        if not module.trains_anew or not count:
            return
        total = module.loss_sum.clone()
        mean = (total if self._sum is None else total - self._sum) / count
        stopped = torch.tensor([not active for active in module.active], device=mean.device)
        self._means.append(mean.masked_fill(stopped, torch.nan))
        self._updates.append(module.num_updates)
        self._sum = total

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if not self._updates:
            return
        due = module.num_updates >= EVALUATED_EVERY * max(self._fits, default=0)
        if module.config.training.measure_on_train_set and (due or module.step_ended):
            self._fits[module.num_updates] = train_set_observables(module)
        if module.step_ended:
            self.record.add_training(self._table(module))

    def _table(self, module: EnsembleModule) -> pd.DataFrame:
        losses = torch.stack(self._means).double().cpu().numpy()
        count, networks = losses.shape
        columns = {
            "step": np.full(count * networks, module.step),
            "update": np.repeat(self._updates, networks),
            "replica": np.tile([member.replica for member in module.group], count),
            "p_train": np.tile(module.train_rates.numpy(), count),
            "train_size": np.tile(module.data.sizes.cpu().numpy(), count),
            "train_loss": losses.ravel(),
        }
        unknown = np.full(networks, np.nan)
        for name in sorted(next(iter(self._fits.values()), {})):
            rows = [self._fits.get(update, {}).get(name, unknown) for update in self._updates]
            columns[name] = np.concatenate(rows)
        return pd.DataFrame(columns).dropna(subset="train_loss")  # networks that had stopped
