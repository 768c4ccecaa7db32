"""Snapshots of a run, in pairs of an earlier and a later one."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import masks_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """Weights and masks of all replicas, {layer: [replicas, weights]}."""

    density: float
    weights: dict[str, Array]
    masks: dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Jump:
    """A pair of an earlier and a later snapshot."""

    earlier: Snapshot
    later: Snapshot


def read_snapshot(record: RunRecord, name: str) -> Snapshot:
    """One snapshot, its layers in the order of the network."""
    tensors, metadata = record.read_snapshot(name)
    masks = masks_of(tensors)
    order = {layer: index for index, layer in enumerate(metadata.get("layers", []))}
    layers = sorted(
        ((name.removesuffix(".weight"), name) for name in masks),
        key=lambda pair: order.get(pair[0], len(order)),
    )
    return Snapshot(
        float(metadata["density"]),
        {layer: _flat(tensors[name]).astype(np.float64) for layer, name in layers},
        {layer: _flat(masks[name]).astype(bool) for layer, name in layers},
    )


def _flat(tensor: NDArray) -> NDArray:
    return tensor.reshape(len(tensor), -1)


def read_jumps(record: RunRecord, start: float | None, end: float | None) -> list[Jump]:
    """Jumps from each snapshot to the next, or one between the snapshots nearest to two densities.

    ``start`` None: the snapshot before ``end``; ``end`` None: the last one. Raises UserError if
    there is no such pair.
    """
    names = record.snapshot_densities()
    densities = sorted(names, reverse=True)
    if len(densities) < 2:
        raise UserError(
            f"run {record.id} holds one snapshot of a trained network: a jump needs two; "
            "train with snapshots=[0.02,0.01]"
        )
    if start is None and end is None:
        snapshots = [read_snapshot(record, names[density]) for density in densities]
        return [Jump(*pair) for pair in pairwise(snapshots)]
    later = densities[-1] if end is None else record.nearest_snapshot(end, "end")[1]
    before = [density for density in densities if density > later]
    if start is None and not before:
        raise UserError(f"end={end}: no snapshot of run {record.id} is denser; give a smaller end")
    earlier = before[-1] if start is None else record.nearest_snapshot(start, "start")[1]
    if earlier <= later:
        raise UserError(
            f"start={start}, end={end}: the snapshots there have densities {earlier:.3g} and "
            f"{later:.3g}: start has to be the larger density"
        )
    return [Jump(read_snapshot(record, names[earlier]), read_snapshot(record, names[later]))]
