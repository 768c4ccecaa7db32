"""Fit of a predictor to the survival of weights, and rank correlations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from pruning_phases.analysis.survival.config import SurvivalConfig
from pruning_phases.analysis.survival.read import Network
from pruning_phases.pruning.predictor import Predictor

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
    """Fit f(w, g) to the survival by least squares, with Adam, over the weights of all networks.

    The inputs are divided by their root mean squares over these networks.
    """
    from sklearn.neural_network import MLPRegressor

    weights, slopes, survival = (
        np.concatenate([getattr(one, name) for one in networks])
        for name in ("weights", "slopes", "survival")
    )
    scales = np.array([_size(weights), _size(slopes)])
    inputs = (np.stack([weights, slopes], axis=1) / scales).astype(np.float32)
    model = MLPRegressor(
        hidden_layer_sizes=tuple(config.hidden), alpha=0.0,
        batch_size=min(config.batch_size, len(inputs)), learning_rate_init=config.learning_rate,
        random_state=config.seed % 2**32,
    )  # fmt: skip
    for _ in range(config.epochs):
        model.partial_fit(inputs, survival)
    layers = [(w.T, b) for w, b in zip(model.coefs_, model.intercepts_, strict=True)]
    kinds = sorted({kind for one in networks for kind in one.kinds})
    return Predictor(scales, layers, {"kinds": kinds, "networks": [one.name for one in networks]})


def _size(values: Array) -> float:
    """Root mean square, or 1 where all are 0."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) or 1.0


def ranked(network: Network, predictor: Predictor) -> dict[str, tuple[float, float]]:
    """Score -> rho over all weights of a network, and rho within its layers."""
    w, g = network.weights.astype(np.float64), network.slopes.astype(np.float64)
    found = {LEARNED: predictor(w, g)} | {name: score(w, g) for name, score in SCORES.items()}
    return {
        name: (
            spearman(score, network.survival),
            _within_layers(score, network.survival, network.layers),
        )
        for name, score in found.items()
    }


def _within_layers(score: Array, survival: Array, layers: Sequence[slice]) -> float:
    sizes = [layer.stop - layer.start for layer in layers]
    return float(np.average([spearman(score[at], survival[at]) for at in layers], weights=sizes))


def spearman(x: Array, y: Array) -> float:
    """Spearman's rank correlation, with mean ranks for equal values; 0 if x or y is constant."""
    ranks = [rankdata(values) for values in (x, y)]
    if any(one.min() == one.max() for one in ranks):
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])
