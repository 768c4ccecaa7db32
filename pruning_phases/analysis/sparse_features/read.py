"""Curves over the number of training examples, one for each system."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pruning_phases.config.enums import Inputs
from pruning_phases.config.identity import REPLICA_KEYS
from pruning_phases.errors import UserError
from pruning_phases.records.names import options_of
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled

ORDER = [one.name for one in Inputs]
SIZES = ("dataset.train_size", "dataset.train_sizes")
KEYS = ("optimizer.inputs", "dataset.num_inputs", "dataset.num_relevant")


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
    others: str = ""  # all other options


def read_curves(records: list[RunRecord]) -> list[Curves]:
    """Return the curves of every system that was trained in one step."""
    groups: dict[tuple[Any, ...], list[RunRecord]] = {}
    for record in records:
        options = options_of(record)
        if options.get("optimizer.name") != "one_step":
            continue
        apart = {*REPLICA_KEYS, *SIZES, *KEYS}
        others = {key: value for key, value in options.items() if key not in apart}
        key = (*(options[name] for name in KEYS), json.dumps(others, sort_keys=True))
        groups.setdefault(key, []).append(record)
    ordered = sorted(groups, key=lambda key: (ORDER.index(key[0]), *key[1:]))
    return [_curves(key, groups[key]) for key in ordered]


def _curves(key: tuple[Any, ...], records: list[RunRecord]) -> Curves:
    table = pooled(records, RunRecord.observables)

    def column(name: str) -> pd.DataFrame:
        return table.pivot(index="replica", columns="train_size", values=name).dropna(axis=1)

    risk = column("excess_risk")
    if risk.empty:
        raise UserError(
            f"runs ({', '.join(record.id for record in records)}): their replicas share no "
            "training-set size: give runs with the same dataset.train_sizes"
        )
    inputs, dim, relevant, others = key
    return Curves(
        inputs, dim, relevant, json.loads(others)["dataset.information_exponent"],
        risk.columns.to_numpy(dtype=np.float64), column("support_found").to_numpy(),
        risk.to_numpy(), others,
    )  # fmt: skip
