"""Losses of the families of graphs, with errors over the pruned networks.

The pruned networks are independent of each other; graphs sampled for the same network are not.
Values are averaged over the graphs of a network first, and errors are over networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    import pandas as pd

    from pruning_phases.analysis.rewiring.read import Trained

FINAL_FRACTION = 0.1  # of a network's updates, over which its final training loss is averaged


def final_loss(rows: pd.DataFrame) -> float:
    """Mean training loss over the last tenth of a network's updates.

    rows: update, train_loss, the latter as mean over the updates since the row before.
    """
    update = np.concatenate([[0], rows["update"].to_numpy()])
    begin = (1 - FINAL_FRACTION) * update[-1]
    count = np.clip(update[1:] - np.maximum(update[:-1], begin), 0, None)
    return float((count * rows["train_loss"]).sum() / count.sum())


def band(trained: Trained) -> tuple[NDArray, NDArray, NDArray]:
    """Updates, the mean training loss at each, and its standard error over networks."""
    complete = trained.losses.dropna(axis="columns")
    mean, error = mean_and_error(complete.to_numpy())
    return complete.columns.to_numpy(dtype=float), mean, error


def excess(trained: Trained, reference: Trained, column: str) -> tuple[float, float]:
    """Mean difference to a reference family on the same pruned networks, and its standard error.

    Scatter that both families of a network share cancels. NaN without common networks.
    """
    difference = (trained.finals[column] - reference.finals[column]).dropna()
    if not len(difference):
        return np.nan, np.nan
    mean, error = mean_and_error(difference.to_numpy())
    return float(mean), float(error)
