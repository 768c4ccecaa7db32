"""Capacities and masks of finished runs, matched by model, dataset, pruner and density."""

from typing import NamedTuple

import numpy as np

from pruning_phases.analysis.capacity.fit import Memory, memories
from pruning_phases.analysis.capacity.information import Information, information_of
from pruning_phases.analysis.common.systems import ids_of
from pruning_phases.config.enums import Difference
from pruning_phases.errors import UserError
from pruning_phases.records.names import names_with_widths, options_of
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled
from pruning_phases.records.snapshots import masks_of

FEWEST_MASKS = 3


class Subnetwork(NamedTuple):
    """The names by which capacities and masks of different runs are matched."""

    model: str
    dataset: str
    pruner: str
    density: float


def differ_in_data(record: RunRecord) -> bool:
    """True if the replicas of a run differ in their data alone."""
    return options_of(record).get("replicas_differ_in") == Difference.data.name


def subnetwork_of(record: RunRecord, density: float) -> Subnetwork:
    """The subnetworks of a run at a density."""
    return Subnetwork(*names_with_widths(record), round(density, 12))


def read_memories(runs: list[RunRecord], threshold: float) -> dict[Subnetwork, Memory]:
    """Measure the subnetworks of one system, dense first."""
    where = ids_of(runs)
    table = pooled(runs, RunRecord.observables)
    for name in ("p_train", "p_eval"):
        if table[name].nunique() > 1:
            raise UserError(f"{where} holds several {name}: give runs with one {name}")
    found = memories(table, pooled(runs, RunRecord.training), threshold, where)
    return {subnetwork_of(runs[0], memory.density): memory for memory in found}


def mask_information(records: list[RunRecord]) -> dict[Subnetwork, Information]:
    """Measure the masks of all runs whose replicas differ in their data alone."""
    found: dict[Subnetwork, Information] = {}
    for record in filter(differ_in_data, records):
        for density, name in record.snapshot_densities().items():
            tensors, _ = record.read_snapshot(name)
            layers = masks_of(tensors).values()
            masks = np.concatenate([mask.reshape(len(mask), -1) for mask in layers], axis=1)
            masks = masks.astype(bool)
            if density < 1 and len(masks) >= FEWEST_MASKS:
                found[subnetwork_of(record, density)] = information_of(masks)
    return found
