"""Networks that differ in their masks, read from runs: accuracy and nonzeros of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.sparsest.fit import nonzeros
from pruning_phases.config.enums import Family
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import FINAL, masks_of

Masks = dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Networks:
    """All trained networks of one enumeration, or of one file of masks."""

    name: str  # such as "supports of 2-3-3-3-1"
    num_masks: int  # of the enumeration or the file
    masks: Masks  # of each layer [n, out, in]
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
    sizes = "-".join(map(str, [shapes[0][1], *(shape[0] for shape in shapes)]))
    return f"{_topology(record)['family']} of {sizes}"


def _together(name: str, records: list[RunRecord]) -> Networks:
    parts = [_read(record) for record in records]
    masks = {layer: np.concatenate([one[0][layer] for one in parts]) for layer in parts[0][0]}
    return Networks(
        name, int(records[0].info()["topology"]["masks"]), masks,
        np.concatenate([numbers for _, numbers, *_ in parts]), nonzeros(list(masks.values())),
        np.concatenate([accuracy for _, _, accuracy, _ in parts]),
        {key: np.concatenate([one[3][key] for one in parts]) for key in parts[0][3]},
        str(records[0].info()["physics"]["dataset"]["name"]),
    )  # fmt: skip


def _read(
    record: RunRecord,
) -> tuple[Masks, NDArray[np.int64], NDArray[np.float64], dict[str, NDArray[np.float32]]]:
    """Masks, their numbers, accuracies and parameters of the networks of one run."""
    tensors, _ = record.read_snapshot(FINAL)
    found = masks_of(tensors)
    layers = [f"{layer}.weight" for layer in record.info()["network"]["layers"]]
    masks = {name: found[name].astype(bool) for name in layers}
    table = record.observables()
    count = len(next(iter(masks.values())))
    if len(table) != count:
        raise UserError(
            f"{record.folder}: it has several rows for each network: leave dropout_phase=grid and "
            "dataset.train_sizes out"
        )
    numbers = table["replica"].to_numpy() % int(record.info()["topology"]["masks"])
    parameters = {
        f"{layer}.{part}": tensors[f"{layer}.{part}"]
        for layer in record.info()["network"]["layers"]
        for part in ("weight", "bias")
    }
    return masks, numbers, table["accuracy"].to_numpy(), parameters
