"""Relevant inputs in the masks of pruned networks: do their edges survive?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from pruning_phases.config.groups import NO_SCORE
from pruning_phases.config.identity import pruner_name
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import masks_of
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import number

NUMBERS = ("num_inputs", "num_relevant", "information_exponent")


def mask_rows(records: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """One row for each snapshot of pruned networks whose relevant inputs are known.

    ``order``: probability that a relevant input has more surviving edges than another one, ties
    counting half; 0.5 by chance, 1 if the mask separates the two. Means over networks.
    """
    found = []
    for record in records:
        info = record.info()
        relevant = info.get("data", {}).get("relevant_inputs")
        first, shape = next(iter(info["network"]["layers"].items()))
        if not relevant or info["physics"]["pruner"]["score"] == NO_SCORE or len(shape) != 2:
            continue
        for density, name in record.surviving_densities().items():
            if density == 1:
                continue
            mask = masks_of(record.read_snapshot(name)[0])[f"{first}.weight"]
            order = [_order(one.sum(axis=0), relevant) for one in mask]
            sizes = info["physics"]["dataset"]
            found.append({
                "pruner": pruner_name(info["physics"]["pruner"]),
                **{key: sizes[key] for key in NUMBERS},
                "train_size": sizes.get("train_size"), "density": density,
                "networks": len(mask), "order": number(*map(float, mean_and_error(order))),
            })  # fmt: skip
    return found


def _order(degrees: NDArray[np.integer], relevant: Sequence[int]) -> float:
    """Probability that a relevant input has the larger degree: Mann and Whitney's U, normalized."""
    count, others = len(relevant), len(degrees) - len(relevant)
    ranks = rankdata(degrees)[list(relevant)].sum()
    return float((ranks - count * (count + 1) / 2) / (count * others))
