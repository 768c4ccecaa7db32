"""Networks trained on the families of graphs of one pruned run, gathered and compared.

What is independent of each other is the pruned networks that the graphs are drawn from, not the
draws: values are averaged over the draws of a network first, and errors are over networks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.rewiring.fit import final_loss
from pruning_phases.config.choices import FAMILIES
from pruning_phases.config.identity import REPLICA_KEYS
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import AXES
from pruning_phases.records.run import RunRecord

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Trained:
    """The networks of one family at one density. Tables have a row a pruned network."""

    system: str  # what families have to share to be compared, in words
    key: str  # and in full
    density: float
    family: str
    losses: pd.DataFrame  # training loss, a column an update
    finals: pd.DataFrame  # final_training_loss, accuracy, loss
    num_draws: float  # networks trained for each pruned network, on average
    swaps: list[dict[str, Any]]  # of each run: how well its layers are mixed


def trained_families(records: list[RunRecord]) -> list[Trained]:
    """All (system, density, family), by falling density, families in the order of ``Family``.

    Runs that differ in seed and replicas alone, their pruned runs included, are pooled.
    """
    groups: dict[tuple[str, float, int, float], list[RunRecord]] = {}
    for record in records:
        physics = record.info()["physics"]
        if "topology" in physics:
            if "source_system" not in record.info().get("topology", {}):
                raise UserError(
                    f"run {record.id} was made by an earlier version: delete {record.folder} and "
                    "run its command again"
                )
            topology = physics["topology"]
            family = FAMILIES.index(topology["family"])
            key = _system(record), -topology["density"], family, topology.get("swaps_per_edge", 0)
            groups.setdefault(key, []).append(record)
    if not groups:
        raise UserError(
            f"runs: none of the {len(records)} finished runs is on a topology: train with "
            "-m topology=original,rewired,random"
        )
    names: dict[str, str] = {}
    for key, runs in sorted(groups.items()):
        names.setdefault(key[0], _name(runs[0], set(names.values())))
    return [_gather(names[key[0]], key[0], groups[key]) for key in sorted(groups)]


def _system(record: RunRecord) -> str:
    """What families have to share to be compared."""
    info = record.info()
    shared = {k: v for k, v in info["physics"].items() if k not in (*REPLICA_KEYS, "topology")}
    return json.dumps(shared | {"source": info["topology"]["source_system"]}, sort_keys=True)


def _name(record: RunRecord, taken: set[str]) -> str:
    """Model, dataset, pruned run and budget; a number where other options tell systems apart."""
    info = record.info()
    physics = info["physics"]
    budget = physics["training"]["budget"]
    pruner = info["topology"].get("source_pruner", "")
    name = " ".join(f"{physics['model']['name']} {physics['dataset']['name']} {pruner}".split())
    name += f" {info['topology']['run']}, "
    name += f"{'up to ' * (budget['rule'] == 'plateau')}{budget['amount']} "
    name += "updates" if budget["rule"] == "updates" else "epochs"
    same = [other for other in taken if other.startswith(name)]
    return f"{name} ({len(same) + 1})" if same else name


def _gather(system: str, key: str, runs: list[RunRecord]) -> Trained:

    losses: list[pd.DataFrame] = []
    finals: list[pd.DataFrame] = []
    for run in runs:
        table, about, physics = run.observables(), run.info()["topology"], run.info()["physics"]
        if len(table[AXES].drop_duplicates()) > 1:
            raise UserError(
                f"run {run.id} holds several p_train, p_eval or training-set sizes: the families "
                "are compared at one of each"
            )
        training, own = run.training(), table[table["step"] == 0].set_index("replica")
        final = training.groupby("replica")[["update", "train_loss"]].apply(final_loss)
        columns = own[["accuracy", "loss"]].assign(final_training_loss=final)
        wide = training.pivot_table(index="replica", columns="update", values="train_loss")
        # A network that has stopped keeps the loss that it stopped with.
        for part, gathered in ((columns, finals), (wide.ffill(axis="columns"), losses)):
            index = (part.index - about["first_network"]) % about["source_networks"]
            network = [
                f"{about['source_seed']}:{about['first_network'] + number}" for number in index
            ]
            draw = [f"{physics['seed']}:{replica}" for replica in part.index]
            gathered.append(part.assign(network=network, draw=draw))
    draws = _once(finals)
    topology = runs[0].info()["physics"]["topology"]
    return Trained(
        system, key, topology["density"], topology["family"],
        _once(losses).groupby("network").mean(), draws.groupby("network").mean(),
        len(draws) / draws.index.nunique(),
        [run.info()["topology"]["swaps"] for run in runs if "swaps" in run.info()["topology"]],
    )  # fmt: skip


def _once(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """A row a draw, by pruned network; a replica of one seed is the same in every run."""
    import pandas as pd

    rows = pd.concat(tables).drop_duplicates(["network", "draw"]).drop(columns="draw")
    return rows.set_index("network")
