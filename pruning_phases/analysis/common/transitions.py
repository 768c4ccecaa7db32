"""Curves of one system over a control parameter, from the dense network on.

In: the pooled observables of a system. Out: arrays, or a UserError that names the runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError
from pruning_phases.observables.registry import AXES
from pruning_phases.statistics.curves import over_control

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


def transition_curves(
    observables: pd.DataFrame, columns: Sequence[str], control: str, where: str
) -> tuple[Array, Array]:
    """Control [points], ascending, and columns [columns, replicas, points].

    Raises UserError without two replicas at five densities, the dense network among them, and for
    an ensemble of several rates or training sets. ``where`` names the runs.
    """
    if len(observables[AXES].drop_duplicates()) > 1:
        raise UserError(
            f"{where} holds several p_train, p_eval or training-set sizes: give runs with one of "
            "each"
        )
    at, found = over_control(observables, columns, control)
    count = found.shape[1]
    if count < 2 or len(at) < 5 or observables["density"].max() < 1:
        raise UserError(
            f"{where}: two replicas and five densities are needed, the dense network among them, "
            f"and there are {count} and {len(at)}: train with a pruner and num_replicas=2 or more"
        )
    return at, found
