"""Networks trained on the families of graphs of one pruned run, gathered and compared.

What is independent of each other is the pruned networks that the graphs are drawn from, not the
draws: values are averaged over the draws of a network first, and errors are over networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    import pandas as pd

    from pruning_phases.analysis.rewiring.read import Trained


FINAL_SHARE = 0.1  # of a network's updates, over which its final training loss is averaged


def final_loss(rows: pd.DataFrame) -> float:
    """The mean over the last tenth of the updates of rows that hold the mean loss of the updates
    since the row before: update, train_loss."""
    update = np.concatenate([[0], rows["update"].to_numpy()])
    begin = (1 - FINAL_SHARE) * update[-1]
    count = np.clip(update[1:] - np.maximum(update[:-1], begin), 0, None)
    return float((count * rows["train_loss"]).sum() / count.sum())


def band(trained: Trained) -> tuple[NDArray, NDArray, NDArray]:
    """Updates, and the mean training loss there with its standard error over networks."""
    whole = trained.losses.dropna(axis="columns")
    mean, error = mean_and_error(whole.to_numpy())
    return whole.columns.to_numpy(dtype=float), mean, error


def excess(trained: Trained, beside: Trained, column: str) -> tuple[float, float]:
    """How much higher a family lies than another, and its error: the mean over pruned networks of
    the difference on that network, so that what the networks differ in drops out."""
    difference = (trained.finals[column] - beside.finals[column]).dropna()
    if not len(difference):
        return np.nan, np.nan
    mean, error = mean_and_error(difference.to_numpy())
    return float(mean), float(error)
