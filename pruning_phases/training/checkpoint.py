"""The state of a training between two rounds, as tensors by name.

In: a module and its callbacks. Out: arrays and a few numbers, and back. Everything else follows
from the configuration, since random streams have no state. Knows no files.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.config.enums import Stage
from pruning_phases.ensemble.optimizers import load_state, state_tensors
from pruning_phases.records.snapshots import masks_of, under
from pruning_phases.training.loop import EnsembleModule

Arrays = dict[str, NDArray]


@runtime_checkable
class StatefulCallback(Protocol):
    """A callback with a state that lasts from round to round of a step."""

    state_name: str  # prefix of its tensors in a checkpoint

    def state(self) -> Arrays: ...

    def load(self, module: EnsembleModule, state: Arrays) -> None: ...


def pack(
    module: EnsembleModule, stateful: Sequence[StatefulCallback]
) -> tuple[Arrays, dict[str, Any]]:
    """Collect the state after this round, and its position: the step and the rounds done in it.

    0 rounds stand for a step that has ended, so that training continues with the next step.
    """
    tensors = replica_tensors(module) | prefixed(
        "optimizer", as_numpy(state_tensors(module.optimizer, module.replicas))
    )
    position = {"step": module.step, "rounds": 0, "num_updates": 0}
    if not module.step_ended:
        position |= {"rounds": module.round + 1, "num_updates": module.num_updates}
        for callback in stateful:
            tensors |= prefixed(callback.state_name, callback.state())
        if module.step == 0:
            for stage, weights in module.stages.items():
                tensors |= prefixed(f"stage:{stage.name}", as_numpy(weights))
    return tensors, position


def unpack(
    module: EnsembleModule,
    stateful: Sequence[StatefulCallback],
    tensors: Arrays,
    position: dict[str, Any],
) -> None:
    """Restore the result of ``pack`` in a new module and its callbacks."""
    load_replicas(module, tensors)
    optimizer = {name: torch.from_numpy(v) for name, v in under("optimizer", tensors).items()}
    load_state(module.optimizer, module.replicas, optimizer)
    if not position["rounds"]:
        module.step = position["step"] + 1
        return
    module.step, module.round = position["step"], position["rounds"]
    module.num_updates = position["num_updates"]
    for callback in stateful:
        callback.load(module, under(callback.state_name, tensors))
    for stage in Stage:
        if weights := under(f"stage:{stage.name}", tensors):
            module.stages[stage] = {name: torch.from_numpy(v) for name, v in weights.items()}


def replica_tensors(module: EnsembleModule) -> Arrays:
    """Parameters, state and masks [R, ...], with the names of ``records.snapshots``."""
    replicas = module.replicas
    masks = {name: replicas.mask(name).to(torch.uint8) for name in replicas.layer_of}
    return as_numpy(replicas.trained_tensors()) | prefixed("mask", as_numpy(masks))


def load_replicas(module: EnsembleModule, tensors: Arrays) -> None:
    """Restore the result of ``replica_tensors``."""
    replicas, masks = module.replicas, masks_of(tensors)
    for key, tensor in replicas.trained_tensors().items():
        tensor.copy_(torch.from_numpy(tensors[key]))
    replicas.set_masks(
        {layer: torch.from_numpy(masks[name]).bool() for name, layer in replicas.layer_of.items()}
    )


def as_numpy(tensors: Mapping[str, Tensor]) -> Arrays:
    return {name: tensor.cpu().contiguous().numpy() for name, tensor in tensors.items()}


def prefixed(prefix: str, tensors: Mapping[str, NDArray]) -> Arrays:
    return {f"{prefix}:{name}": np.asarray(value) for name, value in tensors.items()}
