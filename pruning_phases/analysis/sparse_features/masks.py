"""Relevant inputs in the masks of pruned networks: do their edges survive?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from pruning_phases.config.groups import NO_SCORE
from pruning_phases.config.identity import pruner_name
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import masks_of
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import number

NUMBERS = ("num_inputs", "num_relevant", "information_exponent")


def mask_rows(records: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """One row for each snapshot of pruned networks whose relevant inputs are known.

    ``auc``: probability that a relevant input has more surviving edges than another one, ties
    counting half; 0.5 by chance, 1 if the mask separates the two. Means over the networks of a run,
    which share the relevant inputs: the error holds their weights and examples, not the data.
    """
    found = []
    for record in records:
        info = record.info()
        relevant = info.get("data", {}).get("relevant_inputs")
        first, shape = next(iter(info["network"]["layers"].items()))
        if not relevant or info["physics"]["pruner"]["score"] == NO_SCORE or len(shape) != 2:
            continue
        if info["physics"]["dataset"].get("train_sizes"):
            raise UserError(
                f"{record.folder}: its networks have several training-set sizes, which one row "
                "would mix: train with dataset.train_size"
            )
        for density, name in record.surviving_densities().items():
            if density == 1:
                continue
            mask = masks_of(record.read_snapshot(name)[0])[f"{first}.weight"]
            areas = [auc(one.sum(axis=0), relevant) for one in mask]
            sizes = info["physics"]["dataset"]
            found.append({
                "pruner": pruner_name(info["physics"]["pruner"]),
                **{key: sizes[key] for key in NUMBERS},
                "train_size": sizes.get("train_size"), "density": density,
                "run": record.id, "networks": len(mask),
                "auc": number(*map(float, mean_and_error(areas))),
            })  # fmt: skip
    return sorted(
        found, key=lambda row: (row["pruner"], row["train_size"] or math.inf, -row["density"])
    )


def auc(degrees: NDArray[np.integer], relevant: Sequence[int]) -> float:
    """Area under the ROC curve of degrees, as scores of the relevant inputs."""
    return float(roc_auc_score(np.isin(np.arange(len(degrees)), relevant), degrees))
