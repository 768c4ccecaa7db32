"""Measures every replica at the end of every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightning import Callback, Trainer
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.observables.layers import WHOLE, layer_observables
from pruning_phases.training.checkpoint import as_numpy
from pruning_phases.training.loop import EnsembleModule, diverged

DRAW_ERRORS = ("accuracy", "loss")  # what is quoted with the error of the mean over mask draws


class Measure(Callback):
    """Gathers one row a step, network and p_eval (``observables``), and one a step, network and
    layer (``layers``)."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self.tell = tell  # what takes long
        self.observables: list[pd.DataFrame] = []
        self.layers: list[pd.DataFrame] = []
        self.latest = pd.DataFrame()  # the observables of the last step measured
        self._earlier: dict[str, Tensor] = {}

    def load_tables(self, observables: pd.DataFrame, layers: pd.DataFrame) -> None:
        """Take up what was measured before the run was cut off."""
        self.observables, self.layers = [observables], [layers]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        self.observables = [pd.concat(self.observables, ignore_index=True)]
        self.layers = [pd.concat(self.layers, ignore_index=True)]
        return self.observables[0], self.layers[0]

    def state(self) -> dict[str, NDArray]:
        """The weights that the next step's are compared with."""
        return as_numpy(self._earlier)

    def load(self, module: EnsembleModule, state: dict[str, NDArray]) -> None:
        self._earlier = {name: torch.from_numpy(weight) for name, weight in state.items()}

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.round:  # in the middle of a step; of these weights the beginning is not there
            self._earlier = {name: w.to(module.device) for name, w in self._earlier.items()}
        else:
            self._remember_weights(module)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step_ended:
            self.measure(module)

    def measure(self, module: EnsembleModule) -> None:
        replicas = module.replicas
        layers = layer_observables(replicas.layer_masks(), replicas.layer_weights(), self._earlier)
        self._remember_weights(module)
        whole = layers[WHOLE]
        about = _about(module)
        shared = {
            "train_loss": module.train_loss,
            "effective_density": whole["effective_density"],
            "largest_cluster": whole["largest_cluster"],
            "mean_cluster": whole["mean_cluster"],
            "log_num_paths": whole["log_num_paths"],
            "evolution_metric": whole["evolution_metric"],
        }
        if module.config.training.measure_on_train_set:
            shared |= module.measure_on_train_set()
        rows = [
            pd.DataFrame(about | {"p_eval": p_eval} | _test_observables(module, p_eval) | shared)
            for p_eval in self._in_turn(module.config.dropout_phase.rates()[1])
        ]
        # All p_eval of a network together.
        self.latest = pd.concat(rows).sort_index(kind="stable").reset_index(drop=True)
        self.observables.append(self.latest)
        keys = {name: about[name] for name in ("step", "replica", "seed", "p_train", "train_size")}
        self.layers.append(
            pd.concat(
                [pd.DataFrame(keys | {"layer": name} | row) for name, row in layers.items()],
                ignore_index=True,
            )
        )

    def _in_turn(self, rates: list[float]) -> Iterator[float]:
        for number, rate in enumerate(rates, 1):
            if len(rates) > 1:
                self.tell(f"evaluating at p_eval {rate:g} ({number}/{len(rates)})")
            yield rate

    def _remember_weights(self, module: EnsembleModule) -> None:
        weights = module.replicas.layer_weights()
        self._earlier = {name: weight.clone() for name, weight in weights.items()}


def _about(module: EnsembleModule) -> dict[str, Any]:
    """What identifies a row, in the order of the columns; p_eval is yet to be filled in."""
    count = len(module.group)
    return {
        "step": np.full(count, module.step),
        "density": np.full(count, module.density),
        "num_kept": np.full(count, module.num_kept),
        "replica": np.array([member.replica for member in module.group]),
        "seed": np.full(count, module.config.seed),
        "p_train": module.train_rates.numpy(),
        "p_eval": np.nan,
        "train_size": module.data.sizes.cpu().numpy(),
    }


def _test_observables(module: EnsembleModule, p_eval: float) -> dict[str, NDArray[np.float64]]:
    """Every network's observables on the whole test set; with dropout at evaluation their means
    over ``dropout_phase.num_draws`` mask draws, with the standard errors of two of them."""
    data = module.data
    num_draws = module.config.dropout_phase.num_draws if p_eval > 0 else 1
    rates = torch.full_like(module.train_rates, p_eval)
    draws = [
        module.evaluate(data.test_x, data.test_y, rates, draw).observables()
        for draw in range(num_draws)
    ]
    table: dict[str, NDArray[np.float64]] = {}
    for name in draws[0]:
        values = np.stack([draw[name] for draw in draws])
        table[name] = values.mean(axis=0)
        if name in DRAW_ERRORS:
            error = values.std(axis=0, ddof=1) / np.sqrt(num_draws) if num_draws > 1 else np.nan
            table[f"{name}_error"] = np.broadcast_to(
                error if p_eval > 0 else 0.0, table[name].shape
            )
    lost = np.flatnonzero(~np.isfinite(table["loss"]))
    if len(lost):
        raise diverged(module, lost, "test loss")
    return table
