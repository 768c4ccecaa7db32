"""The state of a training between two rounds, as tensors by name.

Everything else follows from the configuration, since random streams have no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.config.choices import Stage
from pruning_phases.ensemble.optimizers import load_state, state_tensors
from pruning_phases.training.loop import EnsembleModule

Arrays = dict[str, NDArray]


class Holder(Protocol):
    """A callback that remembers something from round to round of a step."""

    def state(self) -> Arrays: ...

    def load(self, module: EnsembleModule, state: Arrays) -> None: ...


def pack(module: EnsembleModule, holders: Mapping[str, Holder]) -> tuple[Arrays, dict[str, Any]]:
    """What training goes on from after this round, and where that is: step, and rounds done in it
    (0: all of them, so that the next step comes)."""
    tensors = replica_tensors(module) | prefixed(
        "optimizer", as_numpy(state_tensors(module.optimizer, module.replicas))
    )
    about = {"step": module.step, "rounds": 0, "num_updates": 0}
    if not module.step_ended:
        about |= {"rounds": module.round + 1, "num_updates": module.num_updates}
        for name, holder in holders.items():
            tensors |= prefixed(name, holder.state())
        if module.step == 0:
            for stage, weights in module.stages.items():
                tensors |= prefixed(f"stage:{stage.name}", as_numpy(weights))
    return tensors, about


def unpack(
    module: EnsembleModule, holders: Mapping[str, Holder], tensors: Arrays, about: dict[str, Any]
) -> None:
    """Bring a new module and its callbacks to where ``pack`` was called."""
    load_replicas(module, tensors)
    optimizer = {name: torch.from_numpy(v) for name, v in under("optimizer", tensors).items()}
    load_state(module.optimizer, module.replicas, optimizer)
    if not about["rounds"]:
        module.step = about["step"] + 1
        return
    module.step, module.round = about["step"], about["rounds"]
    module.num_updates = about["num_updates"]
    for name, holder in holders.items():
        holder.load(module, under(name, tensors))
    for stage in Stage:
        if weights := under(f"stage:{stage.name}", tensors):
            module.stages[stage] = {name: torch.from_numpy(v) for name, v in weights.items()}


def replica_tensors(module: EnsembleModule) -> Arrays:
    """Weights and biases [R, ...] by parameter name, and masks (uint8) under ``mask:<name>``."""
    replicas = module.replicas
    weights = {name: replicas.stacked(name).detach() for name in replicas.names}
    masks = {name: replicas.mask(name).to(torch.uint8) for name in replicas.layer_of}
    return as_numpy(weights) | prefixed("mask", as_numpy(masks))


@torch.no_grad()
def load_replicas(module: EnsembleModule, tensors: Arrays) -> None:
    """Put back what ``replica_tensors`` gave."""
    replicas, masks = module.replicas, under("mask", tensors)
    for name in replicas.names:
        replicas.stacked(name).copy_(torch.from_numpy(tensors[name]))
    replicas.set_masks(
        {layer: torch.from_numpy(masks[name]).bool() for name, layer in replicas.layer_of.items()}
    )


def as_numpy(tensors: Mapping[str, Tensor]) -> Arrays:
    return {name: tensor.cpu().contiguous().numpy() for name, tensor in tensors.items()}


def prefixed(prefix: str, tensors: Mapping[str, NDArray]) -> Arrays:
    return {f"{prefix}:{name}": np.asarray(value) for name, value in tensors.items()}


def under(prefix: str, tensors: Arrays) -> Arrays:
    """The tensors of a prefix, without it."""
    start = f"{prefix}:"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
