"""Networks trained on the families of graphs of one pruned run, gathered and compared.

What is independent of each other is the pruned networks that the graphs are drawn from, not the
draws: values are averaged over the draws of a network first, and errors are over networks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.estimates import mean_and_error
from pruning_phases.analysis.sources import REPLICA_KEYS
from pruning_phases.config import Family
from pruning_phases.errors import UserError
from pruning_phases.records import AXES, RunRecord

if TYPE_CHECKING:
    import pandas as pd

FINAL_SHARE = 0.1  # of a network's updates, over which its final training loss is averaged
FAMILIES = [family.name for family in Family if family is not Family.dense]


@dataclass(frozen=True)
class Trained:
    """The networks of one family at one density. Tables have a row a pruned network."""

    system: str
    density: float
    family: str
    losses: pd.DataFrame  # training loss, a column an update
    finals: pd.DataFrame  # final_training_loss, accuracy, loss
    num_draws: float  # networks trained for each pruned network, on average
    swaps: dict[str, Any] | None  # how well the rewired layers are mixed


def trained_families(records: list[RunRecord]) -> list[Trained]:
    """All (system, density, family), by falling density, families in the order of ``Family``."""
    groups: dict[tuple, list[RunRecord]] = {}
    for record in records:
        physics = record.info()["physics"]
        if "topology" not in physics:
            continue
        topology = physics["topology"]
        rest = {k: v for k, v in physics.items() if k not in (*REPLICA_KEYS, "topology")}
        key = (json.dumps(rest | {"run": topology["run"]}, sort_keys=True), topology["density"],
               FAMILIES.index(topology["family"]))  # fmt: skip
        groups.setdefault(key, []).append(record)
    if not groups:
        raise UserError(
            f"runs: none of the {len(records)} finished runs is on a topology: train with "
            "-m topology=original,rewired,random"
        )
    order = sorted(groups, key=lambda key: (key[0], -key[1], key[2]))
    names = _system_names(groups)
    return [_gather(names[key[0]], key[1], FAMILIES[key[2]], groups[key]) for key in order]


def _system_names(groups: dict[tuple, list[RunRecord]]) -> dict[str, str]:
    """Model, dataset and pruned run, which tell the systems apart."""
    names = {}
    for key, runs in groups.items():
        physics = runs[0].info()["physics"]
        name = f"{physics['model']['name']} {physics['dataset']['name']}"
        names[key[0]] = f"{name} {physics['topology']['run']}"
    return names


def _gather(system: str, density: float, family: str, runs: list[RunRecord]) -> Trained:
    import pandas as pd

    losses: list[pd.DataFrame] = []
    finals: list[pd.DataFrame] = []
    for run in runs:
        table = run.observables()
        if len(table[AXES].drop_duplicates()) > 1:
            raise UserError(
                f"run {run.id} holds several p_train, p_eval or training-set sizes: the families "
                "are compared at one of each"
            )
        about = run.info()["topology"]
        training, own = run.training(), table[table["step"] == 0].set_index("replica")
        final = training.groupby("replica")[["update", "train_loss"]].apply(_final_loss)
        columns = own[["accuracy", "loss"]].assign(final_training_loss=final)
        wide = training.pivot_table(index="replica", columns="update", values="train_loss")
        for part, gathered in ((columns, finals), (wide, losses)):
            network = (part.index - about["first_network"]) % about["source_networks"]
            gathered.append(part.assign(network=network))
    draws = pd.concat(finals)
    swaps = runs[0].info()["topology"].get("swaps")
    return Trained(
        system, density, family,
        pd.concat(losses).groupby("network").mean(), draws.groupby("network").mean(),
        len(draws) / draws["network"].nunique(), swaps,
    )  # fmt: skip


def _final_loss(rows: pd.DataFrame) -> float:
    """The mean over the last tenth of the updates."""
    late = rows["update"] > (1 - FINAL_SHARE) * rows["update"].max()
    return float(rows["train_loss"][late].mean())


def band(trained: Trained) -> tuple[NDArray, NDArray, NDArray]:
    """Updates, and the mean training loss there with its standard error over networks."""
    whole = trained.losses.dropna(axis="columns")
    mean, error = mean_and_error(whole.to_numpy())
    return whole.columns.to_numpy(dtype=float), mean, error


def excess(trained: Trained, beside: Trained, column: str) -> tuple[float, float]:
    """How much higher a family lies than another, and its error: the mean over pruned networks of
    the difference on that network, so that what the networks differ in drops out."""
    difference = (trained.finals[column] - beside.finals[column]).dropna()
    if not len(difference):
        return np.nan, np.nan
    mean, error = mean_and_error(difference.to_numpy())
    return float(mean), float(error)
