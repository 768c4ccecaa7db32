"""Fit of a predictor to the survival of weights, and rank correlations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from pruning_phases.analysis.survival.config import SurvivalConfig
from pruning_phases.analysis.survival.read import Network
from pruning_phases.pruning.predictor import Predictor, standardized

Array = NDArray[np.floating]
LEARNED = "predictor"
SCORES: dict[str, Callable[[Array, Array], Array]] = {
    "|w|": lambda w, g: np.abs(w),
    "|g|": lambda w, g: np.abs(g),
    "|w g|": lambda w, g: np.abs(w * g),
}


def fold_of(num_networks: int, num_folds: int) -> NDArray[np.intp]:
    """Return the fold of each network [num_networks], in turn."""
    return np.arange(num_networks) % min(num_folds, num_networks)


def fit(networks: Sequence[Network], config: SurvivalConfig) -> Predictor:
    """Fit f(w, g) to the survival by least squares, with Adam, over the weights of all networks."""
    from sklearn.neural_network import MLPRegressor
    from threadpoolctl import threadpool_limits

    pairs = [standardized(one.weights, one.gradients) for one in networks]
    inputs = np.concatenate(pairs).astype(np.float32)
    survival = np.concatenate([one.survival for one in networks])
    model = MLPRegressor(
        hidden_layer_sizes=tuple(config.hidden), alpha=0.0,
        batch_size=min(config.batch_size, len(inputs)), learning_rate_init=config.learning_rate,
        random_state=np.random.RandomState(config.seed % 2**32),
    )  # fmt: skip
    with threadpool_limits(1):  # the same numbers on every number of cores
        for _ in range(config.epochs):
            model.partial_fit(inputs, survival)
    layers = [(w.T, b) for w, b in zip(model.coefs_, model.intercepts_, strict=True)]
    options = ("hidden", "epochs", "learning_rate", "batch_size", "seed")
    return Predictor(layers, {
        "kinds": sorted({kind for one in networks for kind in one.kinds}),
        "networks": [one.name for one in networks],
        **{name: getattr(config, name) for name in options},
    })  # fmt: skip


def ranked(network: Network, predictor: Predictor) -> dict[str, tuple[float, float]]:
    """Score -> rho over all weights of a network, and rho within its layers."""
    w, g = network.weights.astype(np.float64), network.gradients.astype(np.float64)
    found = {LEARNED: predictor(w, g)} | {name: score(w, g) for name, score in SCORES.items()}
    return {
        name: (
            spearman(score, network.survival),
            _within_layers(score, network.survival, network.layers),
        )
        for name, score in found.items()
    }


def _within_layers(score: Array, survival: Array, layers: Sequence[slice]) -> float:
    """Mean over the layers where rho is defined, by their numbers of weights; NaN without one."""
    sizes = np.array([layer.stop - layer.start for layer in layers])
    rho = np.array([spearman(score[at], survival[at]) for at in layers])
    known = np.isfinite(rho)
    return float(np.average(rho[known], weights=sizes[known])) if known.any() else float("nan")


def spearman(x: Array, y: Array) -> float:
    """Spearman's rank correlation, with mean ranks for equal values; NaN if x or y is constant."""
    if any(values.min() == values.max() for values in (x, y)):
        return float("nan")
    return float(spearmanr(x, y).statistic)
