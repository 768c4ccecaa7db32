"""Where the graph of a pruned network falls apart, beside where its accuracy does.

Along the density each of these has a landmark, looked for in the mean over replicas:

    accuracy             half of what the dense network gains over chance is left
    largest_cluster    the largest cluster holds half of the nodes
    mean_cluster         the mean size of the other clusters is largest: the usual sign of a
                         percolation threshold in a finite graph (Stauffer and Aharony, ch. 3)
    connected            half of the networks still have a path from the input to the output

How far apart two landmarks lie is measured in ln(density), and resampling the replicas of all
curves together gives its error: what a replica does to both curves drops out of the distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError
from pruning_phases.observables.registry import AXES
from pruning_phases.statistics.curves import chance_corrected

if TYPE_CHECKING:
    import pandas as pd


Array = NDArray[np.float64]


ACCURACY = "accuracy"


@dataclass(frozen=True)
class GraphCurves:
    """Curves over the density, ascending: [replicas, densities] each."""

    density: Array
    accuracy: Array  # above chance, relative to the dense network's
    largest_cluster: Array
    mean_cluster: Array
    connected: Array  # 1 where an input -> output path exists


def graph_curves(observables: pd.DataFrame, num_classes: int, where: str) -> GraphCurves:
    missing = {"largest_cluster", "mean_cluster", "log_num_paths"} - set(observables)
    if missing:
        raise UserError(f"{where} has no {', '.join(sorted(missing))}: made by an earlier version")
    if len(observables[AXES].drop_duplicates()) > 1:
        raise UserError(
            f"{where} holds several p_train, p_eval or training-set sizes: percolation looks at "
            "one of each"
        )
    living = observables[observables["num_kept"] > 0]
    table = living.assign(
        accuracy=chance_corrected(living["accuracy"], num_classes),
        connected=np.isfinite(living["log_num_paths"]).astype(float),
    )
    wide = {
        name: table.pivot_table(index="replica", columns="density", values=name).dropna(axis=0)
        for name in GraphCurves.__dataclass_fields__
        if name != "density"
    }
    density = wide[ACCURACY].columns.to_numpy(dtype=np.float64)
    count = len(wide[ACCURACY])
    if count < 2 or len(density) < 5 or density[-1] < 1:
        raise UserError(
            f"{where}: {count} replicas at {len(density)} densities: two and five are needed, the "
            "dense network among them; train with a pruner"
        )
    values = {name: part.to_numpy(dtype=np.float64) for name, part in wide.items()}
    values[ACCURACY] = values[ACCURACY] / values[ACCURACY][:, -1:]
    return GraphCurves(density, **values)
