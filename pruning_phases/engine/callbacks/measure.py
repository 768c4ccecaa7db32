"""Measures every replica at the end of every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from lightning import Callback, Trainer
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.engine.module import EnsembleModule, diverged
from pruning_phases.observables.layers import WHOLE, layer_observables


class Measure(Callback):
    """Gathers one row a step and replica (``observables``), and a layer (``layers``)."""

    def __init__(self) -> None:
        self.observables: list[pd.DataFrame] = []
        self.layers: list[pd.DataFrame] = []
        self.latest = pd.DataFrame()  # the observables of the last step measured
        self._earlier: dict[str, Tensor] = {}

    def load(self, observables: pd.DataFrame, layers: pd.DataFrame) -> None:
        """Take up what was measured before the run was cut off."""
        self.observables, self.layers = [observables], [layers]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        self.observables = [pd.concat(self.observables, ignore_index=True)]
        self.layers = [pd.concat(self.layers, ignore_index=True)]
        return self.observables[0], self.layers[0]

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self._remember_weights(module)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step_ended:
            self.measure(module)

    def measure(self, module: EnsembleModule) -> None:
        replicas = module.replicas
        layers = layer_observables(replicas.layer_masks(), replicas.layer_weights(), self._earlier)
        self._remember_weights(module)
        whole = layers[WHOLE]
        shared = self._about(module)
        outputs = test_observables(module)
        self.latest = pd.DataFrame(
            shared
            | outputs
            | {
                "train_loss": module.train_loss,
                "effective_density": whole["effective_density"],
                "largest_component": whole["largest_component"],
                "evolution_metric": whole["evolution_metric"],
            }
        )
        self.observables.append(self.latest)
        keys = {name: shared[name] for name in ("step", "replica", "seed")}
        self.layers.append(
            pd.concat(
                [pd.DataFrame(keys | {"layer": name} | row) for name, row in layers.items()],
                ignore_index=True,
            )
        )

    def _remember_weights(self, module: EnsembleModule) -> None:
        weights = module.replicas.layer_weights()
        self._earlier = {name: weight.clone() for name, weight in weights.items()}

    def _about(self, module: EnsembleModule) -> dict[str, Any]:
        config, count = module.config, module.replicas.num_replicas
        return {
            "step": np.full(count, module.step),
            "density": np.full(count, module.density),
            "num_kept": np.full(count, module.num_kept),
            "replica": np.arange(config.first_replica, config.first_replica + count),
            "seed": np.full(count, config.seed),
            "p_train": module.rates.train.numpy(),
            "p_eval": module.rates.evaluation.numpy(),
            "train_size": module.data.sizes.cpu().numpy(),
        }


def test_observables(module: EnsembleModule) -> dict[str, NDArray[np.float64]]:
    """The observables on the whole test set, each [R]; with dropout at evaluation, the mean of each
    over ``dropout_phase.num_draws`` mask draws."""
    data, rates = module.data, module.rates.evaluation
    num_draws = module.config.dropout_phase.num_draws if bool((rates > 0).any()) else 1
    draws = [
        module.evaluate(data.test_x, data.test_y, rates, draw).observables()
        for draw in range(num_draws)
    ]
    means = {name: np.mean([draw[name] for draw in draws], axis=0) for name in draws[0]}
    lost = np.flatnonzero(~np.isfinite(means["loss"]))
    if len(lost):
        raise diverged(module, lost, "test loss")
    return means
