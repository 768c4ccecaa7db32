"""Figure of survival over weight and gradient: measured, predicted, rank correlations of scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import binned_statistic_2d

from pruning_phases.analysis.common.results import Panels
from pruning_phases.analysis.survival.read import Network
from pruning_phases.pruning.predictor import Predictor, standardized

BINS = 41
SHOWN = (0.5, 99.5)  # percentiles of weights and gradients that the maps reach to
FEWEST = 5  # weights of a cell that is shown


def survival_panels(
    networks: Sequence[Network], predictor: Predictor, content: dict[str, Any]
) -> Panels:
    """Return the maps over weight and gradient, and the rank correlations."""
    w, g = np.concatenate([standardized(one.weights, one.gradients) for one in networks]).T
    survival = np.concatenate([one.survival for one in networks])
    ends = [np.percentile(values, SHOWN) for values in (w, g)]
    edges = [np.linspace(low, high, BINS + 1) for low, high in ends]
    bins: Any = edges
    mean, *_ = binned_statistic_2d(w, g, survival, bins=bins)
    count, *_ = np.histogram2d(w, g, bins=bins)
    measured = np.where(count >= FEWEST, mean, np.nan)
    centres = np.meshgrid(*((part[1:] + part[:-1]) / 2 for part in edges), indexing="ij")
    pairs = np.stack([centre.ravel() for centre in centres], axis=1)
    learned = np.where(count >= FEWEST, predictor.at(pairs).reshape(count.shape), np.nan)
    return {
        "measured survival": partial(_map, edges=edges, values=measured, name="measured"),
        "predicted survival": partial(_map, edges=edges, values=learned, name="predicted"),
        "rank correlations": partial(_ranks, content=content),
    }


def _map(axis: Axes, edges: list[NDArray], values: NDArray, name: str) -> None:
    """Plot mean survival over initial weight and gradient; cells with few weights stay empty."""
    mesh = axis.pcolormesh(*edges, values.T, cmap="Greys", vmin=0, vmax=1)
    figure = axis.get_figure()
    assert figure is not None
    figure.colorbar(mesh, ax=axis, label="fraction of prunings survived")
    axis.set_xlabel("initial weight w / rms")
    axis.set_ylabel("gradient g = dL/dw / rms")
    axis.set_title(f"survival, {name}", fontsize=10)


def _ranks(axis: Axes, content: dict[str, Any]) -> None:
    """Plot rho of every score, over the whole network and within layers."""
    rows = content["scores"]
    for key, shift, label, marker, colour in (
        ("rho", -0.08, "all weights", "o", "#2166ac"),
        ("within_layers", 0.08, "within layers", "s", "#b2182b"),
    ):
        values, errors = ([row[key][part] or 0.0 for row in rows] for part in ("value", "error"))
        axis.errorbar(np.arange(len(rows)) + shift, values, errors, fmt=marker, color=colour,
                      capsize=3, label=label)  # fmt: skip
    axis.axhline(0, color="dimgrey", lw=1)
    axis.set_xticks(range(len(rows)), [row["score"] for row in rows])
    axis.set_xlabel("score (w: initial weight, g: gradient there)")
    axis.set_ylabel("Spearman's rho with survival, held-out networks")
    axis.grid(alpha=0.3)
    axis.legend()
