"""Measure every replica at the end of every step.

In: weights, masks, the test set. Out: the rows of observables.parquet and layers.parquet. Knows no
observable by name but the training loss: ``observables.registry`` lists them.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
import torch
from lightning import Callback, Trainer
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.ensemble.workers import each
from pruning_phases.observables.layers import (
    OF_GRAPH,
    WHOLE,
    Row,
    layer_observables,
    of_replicas,
)
from pruning_phases.observables.registry import MASK, WEIGHTS, observables
from pruning_phases.training.checkpoint import as_numpy
from pruning_phases.training.evaluate import MaskDraw, evaluate_draws, train_set_observables
from pruning_phases.training.loop import EnsembleModule, diverged

WITH_DRAW_ERROR = ("accuracy", "loss")  # with a column for the error of the mean over mask draws


class Measure(Callback):
    """Collects one row per (step, network, p_eval) in ``observables`` and one per (step, network,
    layer) in ``layers``."""

    state_name = "measure"

    def __init__(self, notify: Callable[[str], None] = lambda _: None) -> None:
        self.notify = notify
        self.observables: list[pd.DataFrame] = []
        self.layers: list[pd.DataFrame] = []
        self.latest = pd.DataFrame()  # observables of the last step
        self._earlier: dict[str, Tensor] = {}
        self._noted = False

    def load_tables(self, observables: pd.DataFrame, layers: pd.DataFrame) -> None:
        """Continue the tables of an interrupted run."""
        self.observables, self.layers = [observables], [layers]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        self.observables = [pd.concat(self.observables, ignore_index=True)]
        self.layers = [pd.concat(self.layers, ignore_index=True)]
        return self.observables[0], self.layers[0]

    def state(self) -> dict[str, NDArray]:
        """The weights that those of the next step are compared with."""
        return as_numpy(self._earlier)

    def load(self, module: EnsembleModule, state: dict[str, NDArray]) -> None:
        self._earlier = {name: torch.from_numpy(weight) for name, weight in state.items()}

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self._note_missing_graph(module)
        if module.round:  # resumed within a step: the weights before it are those of the checkpoint
            self._earlier = {name: w.to(module.device) for name, w in self._earlier.items()}
        else:
            self._remember_weights(module)

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step_ended:
            self.measure(module)

    def measure(self, module: EnsembleModule) -> None:
        replicas = module.replicas
        architecture = replicas.architecture
        tensors = (replicas.layer_masks(), replicas.layer_weights(), self._earlier)
        arrays = [as_numpy(one) for one in tensors]
        graph, groups = architecture.graph, architecture.groups

        def of_network(r: int) -> dict[str, Row]:
            masks, weights, earlier = ({name: a[r] for name, a in one.items()} for one in arrays)
            return layer_observables(masks, weights, earlier, graph, groups)

        layers = of_replicas(each(of_network, range(replicas.num_replicas)))
        self._remember_weights(module)
        keys = _row_keys(module)
        shared = {"train_loss": module.train_loss} | _of_network(layers[WHOLE])
        if module.config.training.measure_on_train_set:
            shared |= train_set_observables(module)
        rates = module.config.dropout_phase.rates()[1]
        rows = [
            pd.DataFrame(keys | {"p_eval": p_eval} | found | shared)
            for p_eval, found in zip(rates, self._test_observables(module, rates), strict=True)
        ]
        # The rows of one network follow each other.
        self.latest = pd.concat(rows).sort_index(kind="stable").reset_index(drop=True)
        self.observables.append(self.latest)
        keys = {name: keys[name] for name in ("step", "replica", "seed", "p_train", "train_size")}
        self.layers.append(
            pd.concat(
                [pd.DataFrame(keys | {"layer": name} | row) for name, row in layers.items()],
                ignore_index=True,
            )
        )

    def _test_observables(
        self, module: EnsembleModule, rates: list[float]
    ) -> list[dict[str, NDArray[np.float64]]]:
        """Measure every network on the whole test set, at each p_eval."""
        data, own, groups = module.data, module.config.observables, []
        for p_eval in rates:
            each_rate = torch.full_like(module.train_rates, p_eval)
            num_draws = module.config.dropout_phase.num_draws if p_eval > 0 else 1
            groups.append([MaskDraw(each_rate, number) for number in range(num_draws)])
        found = iter(evaluate_draws(
            module, data.test, data.test_y, [draw for group in groups for draw in group], own,
            on_network=self._progress(len(module.group), len(rates)),
        ))  # fmt: skip
        return [
            _over_draws(module, p_eval, [next(found) for _ in group])
            for p_eval, group in zip(rates, groups, strict=True)
        ]

    def _progress(self, num_networks: int, num_rates: int) -> Callable[[], None]:
        """A function that counts evaluated networks and tells every tenth part of them."""
        done = count(1)  # of one bytecode, so that threads share it

        def report() -> None:
            number = next(done)
            if num_rates > 1 and number * 10 // num_networks > (number - 1) * 10 // num_networks:
                self.notify(
                    f"evaluated {number}/{num_networks} networks at {num_rates} values of p_eval"
                )

        return report

    def _note_missing_graph(self, module: EnsembleModule) -> None:
        """Say once why the observables of the graph are NaN, if they are."""
        architecture = module.replicas.architecture
        if architecture.graph is None and not self._noted:
            self.notify(
                f"note: {', '.join(OF_GRAPH)} are NaN: this model's graph cannot be traced: "
                f"{architecture.graph_status}"
            )
        self._noted = True

    def _remember_weights(self, module: EnsembleModule) -> None:
        weights = module.replicas.layer_weights()
        self._earlier = {name: weight.clone() for name, weight in weights.items()}


def _of_network(whole: dict[str, NDArray]) -> dict[str, NDArray]:
    """Observables of the whole network's mask, then of its weights."""
    return {
        name: whole[name]
        for section in (MASK, WEIGHTS)
        for name, one in observables().items()
        if one.section == section and name in whole
    }


def _row_keys(module: EnsembleModule) -> dict[str, Any]:
    """Columns that identify a row, in their order; p_eval is set later."""
    count = len(module.group)
    return {
        "step": np.full(count, module.step),
        "density": module.num_kept / module.replicas.num_prunable,
        "num_kept": module.num_kept,
        "replica": np.array([member.replica for member in module.group]),
        "seed": np.full(count, module.config.seed),
        "p_train": module.train_rates.numpy(),
        "p_eval": np.nan,
        "train_size": module.data.sizes.cpu().numpy(),
    }


def _over_draws(
    module: EnsembleModule, p_eval: float, draws: list[dict[str, NDArray[np.float64]]]
) -> dict[str, NDArray[np.float64]]:
    """Means over the mask draws at one p_eval, and the standard errors of two of these means."""
    table: dict[str, NDArray[np.float64]] = {}
    for name in draws[0]:
        values = np.stack([draw[name] for draw in draws])
        table[name] = values.mean(axis=0)
        if name in WITH_DRAW_ERROR:
            error = values.std(axis=0, ddof=1) / len(draws) ** 0.5 if len(draws) > 1 else np.nan
            table[f"{name}_draw_error"] = np.broadcast_to(
                error if p_eval > 0 else 0.0, table[name].shape
            )
    lost = np.flatnonzero(~np.isfinite(table["loss"]))
    if len(lost):
        raise diverged(module, lost, "test loss")
    return table
