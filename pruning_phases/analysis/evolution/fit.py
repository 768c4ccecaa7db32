"""Evolution metric of each layer: between two snapshots, and per pruning step over density."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.evolution.read import Jump
from pruning_phases.observables.evolution import WHOLE, evolution_metric, movement_sums

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


def evolution(jump: Jump) -> dict[str, Array]:
    """The evolution metric of each replica, [replicas], per layer and for all layers."""
    later, earlier = jump.later.weights, jump.earlier.weights
    sums = {
        layer: np.stack(list(map(movement_sums, mask, later[layer], earlier[layer])), axis=1)
        for layer, mask in jump.later.masks.items()
    }
    sums[WHOLE] = np.sum(list(sums.values()), axis=0)
    return {layer: evolution_metric(*parts) for layer, parts in sums.items()}


def num_surviving(jump: Jump, layer: str) -> Array:
    """Number of surviving weights of each replica, [replicas]; ``WHOLE``: of all layers."""
    layers = list(jump.later.masks) if layer == WHOLE else [layer]
    return np.sum([jump.later.masks[name].sum(axis=1) for name in layers], axis=0)


def over_density(observables: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard error over replicas of the metric of each step and layer."""
    import pandas as pd

    groups = layers[layers["step"] > 0].groupby(["step", "layer"], sort=False)["evolution_metric"]
    table = pd.DataFrame(
        {"mean": groups.mean(), "error": groups.sem(), "num_replicas": groups.count()}
    )
    table = table.reset_index()
    density = observables.groupby("step")["density"].first()
    table.insert(1, "density", table["step"].map(density))
    return table
