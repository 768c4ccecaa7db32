"""Nonzeros, accuracy and dead weights of every network of a run, from its tables."""

from __future__ import annotations

import pandas as pd

from pruning_phases.observables.evolution import WHOLE
from pruning_phases.records.run import RunRecord

KEYS = ["step", "replica"]


def measured(record: RunRecord) -> pd.DataFrame:
    """One row per step and replica: seed, num_kept, nonzeros, accuracy, dead.

    nonzeros   weights and biases, that is nonzero parameters (arXiv 2407.04075). A hidden unit's
               bias counts if the unit has an edge leading out, so that it is an active in-node of
               the next layer; the biases of the outputs all count.
    dead       fraction of the surviving weights that lie on no path from input to output
    """
    layers, shapes = record.layers(), record.info()["network"]["layers"]
    first, *_, last = shapes
    above = layers[~layers["layer"].isin([WHOLE, first])]
    biases = above.groupby(KEYS)["active_in"].sum() + shapes[last][0]
    table = record.observables().set_index(KEYS)
    table["nonzeros"] = table["num_kept"] + biases.reindex(table.index)
    table["dead"] = 1 - table["effective_density"] / table["density"]
    return table.reset_index()[[*KEYS, "seed", "num_kept", "nonzeros", "accuracy", "dead"]]
