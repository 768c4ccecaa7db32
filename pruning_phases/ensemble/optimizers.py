"""One optimizer for all replicas.

In: the optimizer's configuration and the replicas. Out: Adam or SGD, its state as named tensors.
Knows no schedule of updates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.ensemble.stacked import gradient

if TYPE_CHECKING:
    from pruning_phases.config.optimizer import OptimizerConfig


def build_optimizer(config: OptimizerConfig, replicas: Replicas) -> Optimizer:
    """Build Adam or SGD over the stacked parameters.

    Both act on every element separately, so a replica in an ensemble is updated as it is alone.
    """
    from pruning_phases.config.optimizer import AdamConfig, SgdConfig

    parameters = [replicas.stacked(name) for name in replicas.names]
    if isinstance(config, AdamConfig):
        return torch.optim.Adam(
            parameters, lr=config.lr, betas=(config.beta1, config.beta2),
            weight_decay=config.weight_decay, fused=True,
        )  # fmt: skip
    if isinstance(config, SgdConfig):
        return torch.optim.SGD(
            parameters, lr=config.lr, momentum=config.momentum,
            weight_decay=config.weight_decay, fused=True,
        )  # fmt: skip
    raise TypeError(f"no optimizer for {type(config).__name__}")


def begin_state(optimizer: Optimizer) -> None:
    """Create the state that the optimizer itself creates at its first update."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state = optimizer.state[parameter]
            if state:
                continue
            if isinstance(optimizer, torch.optim.Adam):
                state["step"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            for moment in moments(optimizer):
                state[moment] = torch.zeros_like(parameter).detach()


def moments(optimizer: Optimizer) -> tuple[str, ...]:
    """Names of the states that have the shape of their parameter."""
    if isinstance(optimizer, torch.optim.Adam):
        return ("exp_avg", "exp_avg_sq")
    return ("momentum_buffer",) if optimizer.param_groups[0]["momentum"] else ()


def updates_of(optimizer: Optimizer, replicas: Replicas, part: slice) -> Callable[[float], object]:
    """A function of the learning rate that updates the replicas of a part once.

    ``count_updates`` has to be called when all parts have made their updates.
    """
    options = optimizer.param_groups[0]
    if replicas.vectorized:

        def step(rate: float) -> None:
            options["lr"] = rate
            optimizer.step()

        return step
    stacked = [replicas.stacked(name) for name in replicas.names]
    states = [optimizer.state[parameter] for parameter in stacked]
    weights = [parameter.detach()[part] for parameter in stacked]
    gradients = [gradient(parameter)[part] for parameter in stacked]
    kept: list[Any] = [[state[moment][part] for state in states] for moment in moments(optimizer)]
    if isinstance(optimizer, torch.optim.Adam):
        counts = [state["step"].clone() for state in states]  # adam adds 1 to these
        beta1, beta2 = options["betas"]
        update = partial(
            adam, weights, gradients, kept[0], kept[1], [], counts, fused=True, amsgrad=False,
            maximize=False, beta1=beta1, beta2=beta2,
            weight_decay=options["weight_decay"], eps=options["eps"],
        )  # fmt: skip
    else:
        update = partial(
            sgd, weights, gradients, kept[0] if kept else [None] * len(weights), fused=True,
            dampening=0, nesterov=False, maximize=False, momentum=options["momentum"],
            weight_decay=options["weight_decay"],
        )  # fmt: skip
    return torch.no_grad()(lambda rate: update(lr=rate))


def count_updates(optimizer: Optimizer, number: int) -> None:
    """Add to Adam's count of updates, after each replica has made them."""
    for state in optimizer.state.values():
        if "step" in state:
            state["step"] += number


def state_tensors(optimizer: Optimizer, replicas: Replicas) -> dict[str, Tensor]:
    """The optimizer's tensors, by parameter name and state name."""
    return {
        f"{name}|{key}": value
        for name in replicas.names
        for key, value in optimizer.state.get(replicas.stacked(name), {}).items()
        if isinstance(value, Tensor)
    }


def load_state(optimizer: Optimizer, replicas: Replicas, tensors: dict[str, Tensor]) -> None:
    """Restore the result of ``state_tensors``.

    The tensors get the parameters' memory layout and device, which the fused optimizers assume
    without a check.
    """
    optimizer.state.clear()
    for address, value in tensors.items():
        name, key = address.split("|")
        parameter = replicas.stacked(name)
        alike = value.shape == parameter.shape
        target = torch.empty_like(parameter if alike else value, device=parameter.device)
        optimizer.state[parameter][key] = target.detach().copy_(value)


def forget_pruned_weights(optimizer: Optimizer, replicas: Replicas) -> None:
    """Erase the momentum of pruned weights, so that they stay 0 under momentum and weight decay."""
    for address, value in state_tensors(optimizer, replicas).items():
        name = address.split("|")[0]
        if name in replicas.layer_of and value.shape == replicas.stacked(name).shape:
            value.mul_(replicas.mask(name))


def set_num_updates(optimizer: Optimizer, num_updates: int) -> None:
    """Set Adam's count of updates, from which it corrects the bias of its first averages.

    The count is one number for all replicas. Where replicas finish a step after different numbers
    of updates, it must not depend on the other members of the ensemble.
    """
    for state in optimizer.state.values():
        if "step" in state:
            state["step"].fill_(float(num_updates))
