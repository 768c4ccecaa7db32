"""Curves over the number of training examples, one for each system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pruning_phases.config.enums import Inputs
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled

ORDER = [one.name for one in Inputs]


@dataclass(frozen=True)
class Curves:
    """Fraction of the relevant inputs found, and excess risk, of one system [replicas, sizes]."""

    inputs: str  # all, found or relevant
    num_inputs: int
    num_relevant: int
    exponent: int
    sizes: NDArray[np.float64]
    support: NDArray[np.float64]
    risk: NDArray[np.float64]


def read_curves(records: list[RunRecord]) -> list[Curves]:
    """Return the curves of every system that was trained in one step."""
    groups: dict[tuple[Any, ...], list[RunRecord]] = {}
    for record in records:
        physics = record.info()["physics"]
        optimizer, data = physics.get("optimizer", {}), physics["dataset"]
        if optimizer.get("name") == "one_step":
            key = (
                optimizer["inputs"], data["num_inputs"], data["num_relevant"],
                data["information_exponent"],
            )  # fmt: skip
            groups.setdefault(key, []).append(record)
    ordered = sorted(groups, key=lambda key: (ORDER.index(key[0]), *key[1:]))
    return [_curves(key, groups[key]) for key in ordered]


def _curves(key: tuple[Any, ...], records: list[RunRecord]) -> Curves:
    table = pooled(records, RunRecord.observables)

    def column(name: str) -> pd.DataFrame:
        return table.pivot(index="replica", columns="train_size", values=name).dropna(axis=1)

    risk = column("excess_risk")
    sizes = risk.columns.to_numpy(dtype=np.float64)
    inputs, dim, relevant, exponent = key
    support = column("support_found").to_numpy()
    return Curves(inputs, dim, relevant, exponent, sizes, support, risk.to_numpy())
