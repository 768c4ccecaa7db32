"""What became of the weights between two snapshots of one run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError
from pruning_phases.observables.evolution import WHOLE, evolution_metric, movement_sums
from pruning_phases.records.run import RunRecord

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Snapshot:
    """Weights and masks of all replicas, {layer: [replicas, weights]}."""

    density: float
    weights: dict[str, Array]
    alive: dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Jump:
    """An earlier and a later snapshot."""

    earlier: Snapshot
    later: Snapshot

    def num_survivors(self, layer: str) -> Array:
        """Of each replica, [replicas]; ``WHOLE``: of all layers."""
        layers = list(self.later.alive) if layer == WHOLE else [layer]
        return np.sum([self.later.alive[name].sum(axis=1) for name in layers], axis=0)

    def evolution(self) -> dict[str, Array]:
        """The evolution metric of each replica, [replicas], per layer and for all layers."""
        sums = {
            layer: np.stack(
                movement_sums(alive.astype(np.float64), self.later.weights[layer],
                              self.earlier.weights[layer])
            )
            for layer, alive in self.later.alive.items()
        }  # fmt: skip
        sums[WHOLE] = np.sum(list(sums.values()), axis=0)
        return {layer: evolution_metric(*parts) for layer, parts in sums.items()}


def read_snapshot(record: RunRecord, name: str) -> Snapshot:
    tensors, about = record.read_snapshot(name)
    names = [name.removeprefix("mask:") for name in tensors if name.startswith("mask:")]
    order = {layer: index for index, layer in enumerate(about.get("layers", []))}
    layers = sorted(
        ((name.removesuffix(".weight"), name) for name in names),
        key=lambda pair: order.get(pair[0], len(order)),
    )
    return Snapshot(
        float(about["density"]),
        {layer: _flat(tensors[name]).astype(np.float64) for layer, name in layers},
        {layer: _flat(tensors[f"mask:{name}"]).astype(bool) for layer, name in layers},
    )


def _flat(tensor: NDArray) -> NDArray:
    return tensor.reshape(len(tensor), -1)


def read_jumps(record: RunRecord, start: float | None, end: float | None) -> list[Jump]:
    """From each snapshot to the next, or one jump between the snapshots nearest to two densities:
    without ``start`` from the one before ``end``, without ``end`` to the last."""
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
        raise UserError(f"end={end}: no snapshot of run {record.id} is denser than that")
    earlier = before[-1] if start is None else record.nearest_snapshot(start, "start")[1]
    if earlier <= later:
        raise UserError(
            f"start={start}, end={end}: the snapshots there have densities {earlier:.3g} and "
            f"{later:.3g}: start has to be the denser one"
        )
    return [Jump(read_snapshot(record, names[earlier]), read_snapshot(record, names[later]))]
