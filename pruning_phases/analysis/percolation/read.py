"""Accuracy and connectivity of pruned networks, read from their observables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.common.transitions import transition_curves
from pruning_phases.errors import UserError
from pruning_phases.statistics.curves import chance_corrected

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

ACCURACY = "accuracy"
OF_GRAPH = ["largest_cluster", "mean_cluster", "log_num_paths"]


@dataclass(frozen=True)
class GraphCurves:
    """Curves [replicas, points] over the control parameter [points], which is ascending."""

    control: Array
    accuracy: Array  # above chance, relative to the dense network's
    largest_cluster: Array
    mean_cluster: Array
    connected: Array  # 1 if a path from the input to the output exists, else 0


def graph_curves(
    observables: pd.DataFrame, num_classes: int, where: str, control: str = "density"
) -> GraphCurves:
    """Read the curves from the observables of one system; ``where`` names its runs in errors."""
    missing = set(OF_GRAPH) - set(observables)
    if missing:
        raise UserError(
            f"{where} has no {', '.join(sorted(missing))}: made by an earlier version; "
            "delete the runs' folders and run their command again"
        )
    if observables[OF_GRAPH].isna().any(axis=None):
        raise UserError(
            f"{where} has no clusters and paths: its model's graph could not be traced (run.json "
            "holds the reason); give runs of another model"
        )
    table = observables.assign(
        accuracy=chance_corrected(observables["accuracy"], num_classes),
        connected=np.isfinite(observables["log_num_paths"]).astype(float),
    )
    names = [name for name in GraphCurves.__dataclass_fields__ if name != "control"]
    at, found = transition_curves(table, names, control, where)
    values = dict(zip(names, found, strict=True))
    values[ACCURACY] = values[ACCURACY] / values[ACCURACY][:, -1:]
    return GraphCurves(at, **values)
