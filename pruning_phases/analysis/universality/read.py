"""Accuracy of one system over its control parameters, read from the records of its runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.common.systems import ids_of
from pruning_phases.analysis.common.transitions import transition_curves
from pruning_phases.config.identity import REPLICA_KEYS
from pruning_phases.errors import UserError
from pruning_phases.observables.controls import CONTROLS, known_controls
from pruning_phases.records.names import options_of_size
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled
from pruning_phases.statistics.curves import chance_corrected, over_control
from pruning_phases.statistics.estimates import mean_and_error

Array = NDArray[np.float64]

# The controls, and the number of weights divided by the number of layers with prunable weights.
KEPT = CONTROLS["num_kept"]
PER_LAYER = replace(
    KEPT, name="kept_per_layer", label="number of surviving weights / number of layers",
    short="weights per layer", symbol="n/d",
)  # fmt: skip
SCALES = CONTROLS | {PER_LAYER.name: PER_LAYER}

CLEAR = 3.0  # standard errors by which the dense network's accuracy exceeds chance


@dataclass(frozen=True)
class System:
    """Accuracy above chance relative to the dense network's, over each known control of SCALES.

    curves: control -> its values [points], ascending, and the accuracy [replicas, points].
    groups: group of options -> the options of all other groups, as text.
    """

    num_weights: int
    num_replicas: int
    curves: dict[str, tuple[Array, Array]]
    groups: dict[str, str]


def read_system(runs: list[RunRecord]) -> System:
    """Read the runs of one system. Raises UserError if they do not hold a pruning transition."""
    info = runs[0].info()
    table = pooled(runs, RunRecord.observables)
    where = ids_of(runs)
    at, (accuracy,) = transition_curves(table, ["accuracy"], KEPT.name, where)
    num_classes = info["data"]["num_classes"]
    mean, error = mean_and_error(chance_corrected(accuracy[:, -1], num_classes))
    if not mean > CLEAR * error:
        raise UserError(
            f"{where}: the dense network's accuracy is not above chance: train it longer "
            "(training.budget)"
        )
    table = table.assign(relative=chance_corrected(table["accuracy"], num_classes) / mean)
    curves = {}
    for name in known_controls(table):
        at, (relative,) = over_control(table, ["relative"], name)
        curves[name] = at, relative
    at, relative = curves[KEPT.name]
    curves[PER_LAYER.name] = at / len(info["network"]["layers"]), relative
    return System(info["network"]["num_prunable"], len(accuracy), curves, _groups(runs[0]))


def _groups(run: RunRecord) -> dict[str, str]:
    options = {key: value for key, value in options_of_size(run).items() if key not in REPLICA_KEYS}

    def others(group: str) -> dict[str, Any]:
        return {key: value for key, value in options.items() if key.partition(".")[0] != group}

    names = dict.fromkeys(key.partition(".")[0] for key in options if "." in key)
    return {group: json.dumps(others(group), sort_keys=True) for group in names}
