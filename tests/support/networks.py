"""Networks on their own, without an ensemble, and what their tests look at."""

from typing import Any

import torch
from torch import nn

from pruning_phases.models.dropout import PhaseDropout
from pruning_phases.models.registry import build_model, models

CIFAR = (3, 32, 32)
MNIST = (1, 28, 28)
DIGITS = (1, 8, 8)


def network(name: str, shape: tuple[int, ...] = CIFAR, classes: int = 10, **keys: Any) -> nn.Module:
    """A model with its default keys but those given, in evaluation mode."""
    torch.manual_seed(0)
    return build_model(models()[name].CONFIG(name=name, **keys), shape, classes).eval()


def parameter_count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def output(module: nn.Module, shape: tuple[int, ...]) -> torch.Tensor:
    """Output for two fixed random images."""
    with torch.no_grad():
        return module(torch.randn(2, *shape, generator=torch.Generator().manual_seed(1)))


def dropout_numbers(module: nn.Module) -> list[int]:
    return [layer.layer for layer in module.modules() if isinstance(layer, PhaseDropout)]


def with_dropout(module: nn.Module, number: int) -> nn.Module:
    """Switch dropout with rate 0.5 in evaluation on, in the dropout layer of this number alone."""
    for layer in module.modules():
        if isinstance(layer, PhaseDropout):
            layer.enabled = {True: False, False: layer.layer == number}
            layer.get_buffer("eval_rate").fill_(0.5)
    return module
