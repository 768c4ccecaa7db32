"""Initial weights and masks of a run on a topology: from a pruned run, a file or an enumeration.

In: the source run's record, the topology's options. Out: an ``InitialState``. Knows no training.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pruning_phases.config.enums import Family
from pruning_phases.config.identity import pruner_name, system_id
from pruning_phases.config.run import Config
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.members import Member, members
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import INITIAL, MASK, masks_of
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import number
from pruning_phases.streams import stream_key
from pruning_phases.topology.families import mask_of
from pruning_phases.topology.rewire import Swaps


@dataclass(frozen=True)
class InitialState:
    """Initial weights and masks of all networks of a run.

    Replica r gets the weights of the source's replica r modulo the source's number of replicas.
    Replicas with equal weights differ in their random masks and data orders.
    """

    masks: dict[str, NDArray[np.bool_]]  # parameter name -> [rows, ...]
    row_of: dict[Member, int]
    facts: dict[str, Any]  # for run.json
    # The source's snapshot [networks, ...]; empty: new weights.
    weights: dict[str, NDArray] = field(default_factory=dict)
    source_of: dict[Member, int] = field(default_factory=dict)
    # Parameter name -> [rows], factors of new weights.
    scales: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def apply_to(self, replicas: Replicas, group: list[Member]) -> None:
        """Set the weights, the state and the masks of the networks of a group."""
        rows = [self.row_of[member] for member in group]
        if self.weights:
            sources = [self.source_of[member] for member in group]
            for key, tensor in replicas.trained_tensors().items():
                tensor.copy_(torch.from_numpy(self.weights[key][sources]))
        for name, scales in self.scales.items():
            tensor = replicas.stacked(name).detach()
            tensor.mul_(torch.from_numpy(scales[rows]).float().view(-1, *[1] * (tensor.dim() - 1)))
        replicas.set_masks(
            {
                layer: torch.from_numpy(self.masks[name][rows])
                for name, layer in replicas.layer_of.items()
            }
        )


def sample(config: Config, source: RunRecord, architecture: Architecture) -> InitialState:
    """Sample the masks of all networks of a run on a topology, given those of its source.

    Raises UserError if the source has another architecture.
    """
    physics = source.info()["physics"]
    name, density = source.snapshot_at(config.topology.density, "topology.density")
    weights, _ = source.read_snapshot(INITIAL)
    kept = masks_of(source.read_snapshot(name)[0])
    _refuse_other_network(source, architecture, weights)
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
    for parameter, layer in architecture.layer_of.items():
        sampled = [
            mask_of(
                config.topology.family,
                kept[parameter][source_of[member]].astype(bool),
                config.topology.swaps_per_edge,
                _generator(config, member, layer),
                architecture.groups[layer],
            )
            for member in everyone
        ]
        masks[parameter] = np.stack([mask for mask, _ in sampled])
        swapped[layer] = [swaps for _, swaps in sampled if swaps is not None]
    facts = {
        "run": source.id, "snapshot": name, "density": density, "source_networks": count,
        "first_network": first, "source_seed": physics["seed"],
        "source_pruner": pruner_name(physics["pruner"]),
        "source_system": system_id(physics),
    }  # fmt: skip
    if any(swapped.values()):
        facts["swaps"] = {layer: _summary(swaps) for layer, swaps in swapped.items()}
    row_of = {member: row for row, member in enumerate(everyone)}
    if config.topology.family is Family.reinitialized:
        weights = {}
    return InitialState(masks, row_of, facts, weights, source_of)


def init_purpose(config: Config) -> str:
    """Purpose of the stream from which initial weights are sampled."""
    return "init_redrawn" if config.topology.family is Family.reinitialized else "init"


def _generator(config: Config, member: Member, layer: str) -> np.random.Generator:
    """Generator of one layer's mask, equal for networks that differ in p_train or N alone."""
    topology = config.topology
    address = (topology.family.name, f"{topology.density:.12g}", layer)
    number = member.stream_number("topology")
    return np.random.default_rng(stream_key(config.seed, number, "topology", *address))


def _summary(swaps: list[Swaps]) -> dict[str, Any]:
    """Summarize how well one layer's graphs are mixed.

    The smallest numbers of swaps, and the mean overlap with the start, with its error.
    """
    notes = sorted({entry.note for entry in swaps if entry.note})
    overlap, error = mean_and_error([entry.overlap[-1] for entry in swaps])
    return {
        "tried_per_edge": min(entry.tried_per_edge for entry in swaps),
        "made_per_edge": min(entry.made_per_edge for entry in swaps),
        "overlap": number(float(overlap), float(error)),
        "levelled_off": sum(entry.levelled_off for entry in swaps) / len(swaps),
    } | ({"notes": notes} if notes else {})


def _refuse_other_network(
    source: RunRecord, architecture: Architecture, weights: dict[str, NDArray]
) -> None:
    state = {f"buffer:{name}": shape for name, shape in architecture.state_shapes.items()}
    here = architecture.shapes | state
    there = {
        name: values.shape[1:] for name, values in weights.items() if not name.startswith(MASK)
    }
    if here != there:
        raise UserError(
            f"topology.run={source.folder}: its networks have layers of {_shapes(there)}, and this "
            f"one {_shapes(here)}: give the model and dataset options that it was made with"
        )


def _shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    layers = [
        "x".join(map(str, shape)) for name, shape in shapes.items() if name.endswith("weight")
    ]
    buffers = [name.removeprefix("buffer:") for name in shapes if name.startswith("buffer:")]
    return ", ".join(layers) + (f" with the buffers {', '.join(buffers)}" if buffers else "")
