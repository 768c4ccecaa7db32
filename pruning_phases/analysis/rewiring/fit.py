"""Losses of the families of graphs, with errors over the pruned networks.

The pruned networks are independent of each other; graphs sampled for the same network are not.
Values are averaged over the graphs of a network first, and errors are over networks.
"""

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.rewiring.read import Trained
from pruning_phases.statistics.estimates import mean_and_error


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
