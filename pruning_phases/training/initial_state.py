"""Networks that begin with the initial weights of a pruned run, under masks like its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pruning_phases.config.choices import Family
from pruning_phases.config.identity import REPLICA_KEYS, hash_of, pruner_name
from pruning_phases.config.run import Config
from pruning_phases.ensemble.members import Member, members
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.errors import UserError
from pruning_phases.records.run import INITIAL, RunRecord
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import number
from pruning_phases.streams import stream_key
from pruning_phases.topology.families import mask_of
from pruning_phases.topology.rewire import Swaps


@dataclass(frozen=True)
class InitialState:
    """What every network of a run begins with.

    Replica r takes the source's replica r; where the source has fewer, it begins again with its
    first one, and the replicas of one network differ in their random masks and data orders.
    """

    weights: dict[str, NDArray]  # parameter name -> [source networks, ...]; none: its own
    masks: dict[str, NDArray[np.bool_]]  # parameter name -> [networks, ...]
    source_of: dict[Member, int]
    row_of: dict[Member, int]
    about: dict[str, Any]  # for run.json

    def plant(self, replicas: Replicas, group: list[Member]) -> None:
        """Give the networks of the group their weights and masks."""
        sources = [self.source_of[member] for member in group]
        rows = [self.row_of[member] for member in group]
        with torch.no_grad():
            for name in replicas.names if self.weights else []:
                replicas.stacked(name).copy_(torch.from_numpy(self.weights[name][sources]))
        replicas.set_masks(
            {
                layer: torch.from_numpy(self.masks[name][rows])
                for name, layer in replicas.layer_of.items()
            }
        )


def sample(config: Config, source: RunRecord, replicas: Replicas) -> InitialState:
    """The masks of all networks of a run on a topology, drawn from those of its source.

    ``replicas`` tells the architecture, which has to be the source's.
    """
    physics = source.info()["physics"]
    name, density = source.snapshot_at(config.topology.density, "topology.density")
    weights, _ = source.read_snapshot(INITIAL)
    kept, _ = source.read_snapshot(name)
    _refuse_other_network(source, replicas, weights)
    count, first = len(next(iter(weights.values()))), physics["first_replica"]
    if count != physics["num_replicas"]:
        raise UserError(
            f"topology.run={source.folder}: it holds networks of several p_train or training-set "
            "sizes, and the replicas here need one network each: prune without such a grid"
        )
    everyone = members(config)
    source_of = {member: (member.replica - first) % count for member in everyone}
    masks: dict[str, NDArray] = {}
    swapped: dict[str, list[Swaps]] = {}
    for parameter, layer in replicas.layer_of.items():
        drawn = [
            mask_of(
                config.topology.family,
                kept[f"mask:{parameter}"][source_of[member]].astype(bool),
                config.topology.swaps_per_edge,
                _generator(config, member, layer),
            )
            for member in everyone
        ]
        masks[parameter] = np.stack([mask for mask, _ in drawn])
        swapped[layer] = [swaps for _, swaps in drawn if swaps is not None]
    about = {
        "run": source.id, "snapshot": name, "density": density, "source_networks": count,
        "first_network": first, "source_seed": physics["seed"],
        "source_pruner": pruner_name(physics["pruner"]),
        "source_system": hash_of({k: v for k, v in physics.items() if k not in REPLICA_KEYS}),
    }  # fmt: skip
    if any(swapped.values()):
        about["swaps"] = {layer: _summary(swaps) for layer, swaps in swapped.items()}
    row_of = {member: row for row, member in enumerate(everyone)}
    if config.topology.family is Family.reinitialized:
        weights = {}
    return InitialState(weights, masks, source_of, row_of, about)


def init_purpose(config: Config) -> str:
    """The purpose of the stream that a network's initial weights are drawn from."""
    return "init_redrawn" if config.topology.family is Family.reinitialized else "init"


def _generator(config: Config, member: Member, layer: str) -> np.random.Generator:
    """Of one network's layer: networks that differ in p_train or N alone have one mask."""
    topology = config.topology
    address = (topology.family.name, f"{topology.density:.12g}", layer)
    number = member.stream_number("topology")
    return np.random.default_rng(stream_key(config.seed, number, "topology", *address))


def _summary(swaps: list[Swaps]) -> dict[str, Any]:
    """How well the replicas' graphs of one layer are mixed: the least of them, and the mean overlap
    with its error."""
    notes = sorted({entry.note for entry in swaps if entry.note})
    overlap, error = mean_and_error([entry.overlap[-1] for entry in swaps])
    return {
        "tried_per_edge": min(entry.tried_per_edge for entry in swaps),
        "made_per_edge": min(entry.made_per_edge for entry in swaps),
        "overlap": number(float(overlap), float(error)),
        "levelled_off": sum(entry.levelled_off for entry in swaps) / len(swaps),
    } | ({"notes": notes} if notes else {})


def _refuse_other_network(
    source: RunRecord, replicas: Replicas, weights: dict[str, NDArray]
) -> None:
    here = {name: tuple(replicas.stacked(name).shape[1:]) for name in replicas.names}
    there = {name: values.shape[1:] for name, values in weights.items() if ":" not in name}
    if here != there:
        raise UserError(
            f"topology.run={source.folder}: its networks have layers of {_shapes(there)}, and this "
            f"one {_shapes(here)}: give the model and dataset options that it was made with"
        )


def _shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(
        "x".join(map(str, shape)) for name, shape in shapes.items() if name.endswith("weight")
    )
