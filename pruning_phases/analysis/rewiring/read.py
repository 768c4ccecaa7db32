"""Networks trained on the families of graphs of pruned runs, read from their records."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pruning_phases.config.enums import FAMILIES
from pruning_phases.config.identity import REPLICA_KEYS
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import AXES
from pruning_phases.records.names import groups_of, options_of
from pruning_phases.records.run import RunRecord

FINAL_FRACTION = 0.1  # of a network's updates, over which its final training loss is averaged


@dataclass(frozen=True)
class Trained:
    """The networks of one family at one density. Tables have one row per pruned network."""

    system: str  # families of one system are compared
    density: float
    family: str
    losses: pd.DataFrame  # training loss, one column per update
    finals: pd.DataFrame  # final_training_loss, accuracy, loss
    num_graphs: float  # networks trained for each pruned network, on average
    swaps: list[dict[str, Any]]  # of each run: the mixing of its layers


def trained_families(records: list[RunRecord]) -> list[Trained]:
    """Read all families: system by system, by falling density, in the order of ``Family``.

    Runs that differ in seed and replicas alone are pooled, also if their pruned runs do.
    """
    on_topology = [
        record
        for record in records
        if record.info()["physics"].get("topology", {}).get("family") in FAMILIES
    ]
    if not on_topology:
        raise UserError(
            f"runs: none of the {len(records)} finished runs is on a topology: train with "
            "-m topology=original,rewired,random"
        )
    for record in on_topology:
        if "source_system" not in record.info().get("topology", {}):
            raise UserError(
                f"run {record.id} was made by an earlier version: delete {record.folder} and "
                "run its command again"
            )
    families = []
    for system, runs in _systems(on_topology).items():
        groups: dict[tuple[float, int, float], list[RunRecord]] = {}
        for run in runs:
            topology = run.info()["physics"]["topology"]
            family = FAMILIES.index(topology["family"])
            key = -topology["density"], family, topology.get("swaps_per_edge", 0)
            groups.setdefault(key, []).append(run)
        families += [_gather(system, groups[key]) for key in sorted(groups)]
    return families


def _systems(records: list[RunRecord]) -> dict[str, list[RunRecord]]:
    """Runs whose families are compared, by name: equal but for topology, seed and replicas.

    Their pruned runs are equal but for seed and replicas too.
    """
    sources: dict[str, list[RunRecord]] = {}
    for record in records:
        sources.setdefault(record.info()["topology"]["source_system"], []).append(record)
    keys = {key for record in records for key in options_of(record) if key.startswith("topology.")}
    systems = {}
    for runs in sources.values():
        source = runs[0].info()["topology"]
        on_source = f"on {source.get('source_pruner', '')} run {source['run']}".replace("  ", " ")
        for name, members in groups_of(runs, {*REPLICA_KEYS, *keys}).items():
            systems[f"{name} {on_source}"] = members
    return systems


def _gather(system: str, runs: list[RunRecord]) -> Trained:
    """Pool the runs of one family at one density."""
    losses: list[pd.DataFrame] = []
    finals: list[pd.DataFrame] = []
    for run in runs:
        table, source, physics = run.observables(), run.info()["topology"], run.info()["physics"]
        if len(table[AXES].drop_duplicates()) > 1:
            raise UserError(
                f"run {run.id} holds several p_train, p_eval or training-set sizes: give runs "
                "with one of each"
            )
        training, own = run.training(), table[table["step"] == 0].set_index("replica")
        final = training.groupby("replica")[["update", "train_loss"]].apply(final_loss)
        columns = own[["accuracy", "loss"]].assign(final_training_loss=final)
        wide = training.pivot_table(index="replica", columns="update", values="train_loss")
        # A network that has stopped keeps its last loss.
        for rows, gathered in ((columns, finals), (wide.ffill(axis="columns"), losses)):
            index = (rows.index - source["first_network"]) % source["source_networks"]
            network = [
                f"{source['source_seed']}:{source['first_network'] + number}" for number in index
            ]
            graph = [f"{physics['seed']}:{replica}" for replica in rows.index]
            gathered.append(rows.assign(network=network, graph=graph))
    graphs = _once(finals)
    topology = runs[0].info()["physics"]["topology"]
    return Trained(
        system, topology["density"], topology["family"],
        _once(losses).groupby("network").mean(), graphs.groupby("network").mean(),
        len(graphs) / graphs.index.nunique(),
        [run.info()["topology"]["swaps"] for run in runs if "swaps" in run.info()["topology"]],
    )  # fmt: skip


def _once(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """One row per graph, indexed by pruned network; a replica in several runs counts once."""
    rows = pd.concat(tables).drop_duplicates(["network", "graph"]).drop(columns="graph")
    return rows.set_index("network")


def final_loss(rows: pd.DataFrame) -> float:
    """Mean training loss over the last tenth of a network's updates.

    rows: update, train_loss, the latter as mean over the updates since the row before.
    """
    update = np.concatenate([[0], rows["update"].to_numpy()])
    begin = (1 - FINAL_FRACTION) * update[-1]
    count = np.clip(update[1:] - np.maximum(update[:-1], begin), 0, None)
    return float((count * rows["train_loss"]).sum() / count.sum())
