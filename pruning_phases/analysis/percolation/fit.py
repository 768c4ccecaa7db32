"""Landmarks along the control parameter: accuracy and graph of pruned networks break down.

Each landmark is located in a mean over replicas:

    accuracy         half of the dense network's accuracy above chance is left
    largest_cluster  the largest cluster holds half of the nodes
    mean_cluster     the mean size of the other clusters is largest: the usual sign of a
                     percolation threshold in a finite graph (Stauffer and Aharony, ch. 3)
    connected        half of the networks still have a path from the input to the output

Distances between landmarks are measured in ln(control).
"""

import numpy as np

from pruning_phases.analysis.percolation.read import ACCURACY, GraphCurves
from pruning_phases.statistics.landmarks import (
    Landmark,
    Undetermined,
    falls_below,
    locate,
    peak_position,
)
from pruning_phases.statistics.resampling import replica_fractions

NO_FALL, NO_PEAK = "does not fall below half in", "has no maximum inside"

LOCATORS = {
    ACCURACY: (falls_below, NO_FALL), "largest_cluster": (falls_below, NO_FALL),
    "mean_cluster": (peak_position, NO_PEAK), "connected": (falls_below, NO_FALL),
}  # fmt: skip


def landmarks(
    curves: GraphCurves, num_resampled: int, seed: int
) -> dict[str, Landmark | Undetermined]:
    """Locate all four landmarks in ln(control), with the same resampled replicas for each."""
    generator = np.random.default_rng(seed)
    fractions = replica_fractions(generator, len(curves.accuracy), num_resampled)
    x = np.log(curves.control)
    return {
        name: locate(x, getattr(curves, name), fractions, locator, f"{name} {lack}")
        for name, (locator, lack) in LOCATORS.items()
    }
