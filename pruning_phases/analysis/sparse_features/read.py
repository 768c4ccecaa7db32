"""Curves over the number of training examples, one for each system."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pruning_phases.analysis.common.systems import ids_of
from pruning_phases.config.enums import Inputs
from pruning_phases.config.identity import REPLICA_KEYS
from pruning_phases.errors import UserError
from pruning_phases.records.names import groups_of, options_of
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
    in_one_step = [run for run in records if options_of(run).get("optimizer.name") == "one_step"]
    found = [_curves(runs) for runs in groups_of(in_one_step, {*REPLICA_KEYS, *SIZES}).values()]
    return sorted(
        found,
        key=lambda one: (ORDER.index(one.inputs), one.num_inputs, one.num_relevant, one.others),
    )


def _curves(records: list[RunRecord]) -> Curves:
    table = pooled(records, RunRecord.observables)

    def column(name: str) -> pd.DataFrame:
        return table.pivot(index="replica", columns="train_size", values=name).dropna(axis=1)

    risk = column("excess_risk")
    if risk.empty:
        raise UserError(
            f"{ids_of(records)}: their replicas share no training-set size: give runs with the "
            "same dataset.train_sizes"
        )
    options = options_of(records[0])
    inputs, dim, relevant = (options[key] for key in KEYS)
    apart = {*REPLICA_KEYS, *SIZES, *KEYS}
    return Curves(
        inputs, dim, relevant, options["dataset.information_exponent"],
        risk.columns.to_numpy(dtype=np.float64), column("support_found").to_numpy(),
        risk.to_numpy(), json.dumps({k: options[k] for k in sorted(options.keys() - apart)}),
    )  # fmt: skip
