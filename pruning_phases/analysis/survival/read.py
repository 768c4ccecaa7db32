"""Weights, gradients and survival of every network of the teacher's runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.identity import pruner_name
from pruning_phases.errors import UserError
from pruning_phases.pruning.predictor import kinds_of
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import GRADIENTS, INITIAL, masks_of

TEACHER = "imp"


@dataclass(frozen=True)
class Network:
    """One network: its initial weights, their gradients and survival [weights], and layers."""

    name: str  # RUN:NUMBER
    kinds: list[str]
    weights: NDArray[np.float32]
    gradients: NDArray[np.float32]
    survival: NDArray[np.float32]
    layers: list[slice]  # of the weights


def read_networks(records: list[RunRecord]) -> list[Network]:
    """Return all networks of the runs. Raises UserError for a run that cannot teach, or a single
    network."""
    densities = {tuple(record.snapshot_densities()) for record in records}
    networks = [one for record in records for one in _of_run(record)]
    if len(densities) > 1:
        raise UserError(
            f"runs: the {len(records)} runs recorded their masks at different densities, so their "
            "survival cannot be compared: give runs with one schedule and the same snapshots"
        )
    if len(networks) < 2:
        raise UserError(
            "runs: a predictor is measured on networks that it was not fitted on, and there is one "
            "network: train with num_replicas=2 or more"
        )
    return networks


def _of_run(record: RunRecord) -> list[Network]:
    physics = record.info()["physics"]
    name = pruner_name(physics["pruner"])
    if name != TEACHER or physics["pruner"].get("rewind_update"):
        raise UserError(
            f"{record.folder}: a teacher prunes by magnitude and rewinds to its initial weights, "
            f"and this run has pruner={name}: train with pruner={TEACHER} and "
            "pruner.rewind_update=0"
        )
    if not physics.get("initial_gradients"):
        raise UserError(
            f"{record.folder}: its record lacks the gradients at the initial weights: train with "
            "initial_gradients=true"
        )
    pruned = [at for density, at in record.snapshot_densities().items() if density < 1]
    if len(pruned) < 2:
        raise UserError(
            f"{record.folder}: it holds the masks of {len(pruned)} prunings, and survival needs "
            "two or more: train with 'snapshots=[0.5,0.1]', or experiment=teacher"
        )
    gradients, _ = record.read_snapshot(GRADIENTS)
    initial, _ = record.read_snapshot(INITIAL)
    total: dict[str, NDArray[np.float32]] = {}
    for at in pruned:
        for key, mask in masks_of(record.read_snapshot(at)[0]).items():
            total[key] = total.get(key, np.float32(0)) + mask.astype(np.float32)
    names = list(gradients)
    ends = np.cumsum([0, *(gradients[key][0].size for key in names)])
    layers = [slice(int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True)]
    kinds = kinds_of(gradients[key].shape[1:] for key in names)
    together = [
        np.concatenate([one[key].reshape(len(one[key]), -1) for key in names], axis=1)
        for one in (initial, gradients, total)
    ]
    return [
        Network(f"{record.id}:{r}", kinds, w, g, count / len(pruned), layers)
        for r, (w, g, count) in enumerate(zip(*together, strict=True))
    ]
