"""Networks that differ in their masks, read from runs: accuracy and nonzeros of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pruning_phases.analysis.sparsest.measured import measured
from pruning_phases.config.enums import Family
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import FINAL, MASK
from pruning_phases.topology.enumeration import sizes_of


@dataclass(frozen=True)
class Networks:
    """All trained networks of one enumeration, or of one file of masks."""

    name: str  # such as "supports of 2-3-3-3-1"
    num_masks: int  # of the enumeration or the file
    masks: dict[str, NDArray[np.bool_]]  # of each layer [n, out, in]
    mask: NDArray[np.int64]  # [n], its number
    nonzeros: NDArray[np.int64]  # [n]
    accuracy: NDArray[np.float64]  # [n]
    parameters: dict[str, NDArray[np.float32]]  # trained weights and biases [n, ...]
    dataset: str

    def best(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The network with the highest accuracy of each mask that was trained, [masks], and the
        number of tries [masks]."""
        order = np.lexsort((-self.accuracy, self.mask))
        _, first, tries = np.unique(self.mask[order], return_index=True, return_counts=True)
        return order[first], tries


def read_networks(records: list[RunRecord]) -> tuple[list[Networks], list[Networks]]:
    """Return the networks of every enumeration, then those of every file of masks; either may have
    none."""
    enumerated = (Family.blocks.name, Family.supports.name)
    searches = [record for record in records if _topology(record).get("family") in enumerated]
    given = [record for record in records if _topology(record).get("family") == Family.given.name]
    return _grouped(searches), _grouped(given)


def _topology(record: RunRecord) -> dict[str, Any]:
    return record.info()["physics"].get("topology", {})


def _grouped(records: list[RunRecord]) -> list[Networks]:
    """Networks of runs with the same masks and layers."""

    def key(record: RunRecord) -> tuple[str, str]:
        return _name(record), str(_topology(record).get("masks_digest"))

    return [_together(name, list(of)) for (name, _), of in groupby(sorted(records, key=key), key)]


def _name(record: RunRecord) -> str:
    shapes = list(record.info()["network"]["layers"].values())
    if any(len(shape) != 2 for shape in shapes):
        raise UserError(f"{record.folder}: nonzeros are counted in fully connected networks alone")
    return f"{_topology(record)['family']} of {'-'.join(map(str, sizes_of(shapes)))}"


def _together(name: str, records: list[RunRecord]) -> Networks:
    """The networks of several runs with equal layers."""
    parts = [_read(record) for record in records]
    table = pd.concat([rows for rows, _ in parts])
    info = records[0].info()
    layers, count = list(info["network"]["layers"]), int(info["topology"]["masks"])

    def joined(key: str) -> NDArray[Any]:
        return np.concatenate([tensors[key] for _, tensors in parts])

    return Networks(
        name, count, {f"{layer}.weight": joined(f"{MASK}{layer}.weight") > 0 for layer in layers},
        table["replica"].to_numpy() % count, table["nonzeros"].to_numpy(),
        table["accuracy"].to_numpy(),
        {key: joined(key) for layer in layers for key in (f"{layer}.weight", f"{layer}.bias")},
        str(info["physics"]["dataset"]["name"]),
    )  # fmt: skip


def _read(record: RunRecord) -> tuple[pd.DataFrame, dict[str, NDArray[Any]]]:
    """One row for each network of a run, and the tensors of its last snapshot."""
    table, (tensors, _) = measured(record), record.read_snapshot(FINAL)
    if len(table) != len(next(iter(tensors.values()))):
        raise UserError(
            f"{record.folder}: it has several rows for each network: leave dropout_phase=grid and "
            "dataset.train_sizes out"
        )
    return table, tensors
