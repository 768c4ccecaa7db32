"""Convolutional network: convolutions with pooling, then linear layers."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from omegaconf import MISSING

from pruning_phases.config.groups import ModelConfig
from pruning_phases.config.keys import LARGEST_WIDTH, key
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from torch import nn


@dataclass
class CnnConfig(ModelConfig):
    channels: list[int] = key(
        MISSING, "channels of each convolution", at_least=1, at_most=LARGEST_WIDTH
    )
    widths: list[int] = key(
        MISSING, "units of each hidden linear layer", at_least=1, at_most=LARGEST_WIDTH
    )

    def check(self) -> None:
        if not self.channels:
            raise UserError(
                "model.channels=[]: give the channels of one convolution or more, or model=fc"
            )


CONFIG = CnnConfig


def build(config: CnnConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """Layers conv1, conv2, ... (3x3, 2x2 max pooling, ReLU, dropout), then fc1, fc2, ...

    Pooling comes before ReLU: the two commute, and this leaves ReLU a quarter of the work.
    """
    from torch import nn

    from pruning_phases.models.dropout import PhaseDropout

    channels, height, width = input_shape
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, (fan_in, fan_out) in enumerate(pairwise([channels, *config.channels]), start=1):
        layers[f"conv{number}"] = nn.Conv2d(fan_in, fan_out, kernel_size=3, padding=1)
        layers[f"pool{number}"] = nn.MaxPool2d(2)
        layers[f"conv_relu{number}"] = nn.ReLU()
        layers[f"conv_dropout{number}"] = PhaseDropout(number)
        height, width = height // 2, width // 2
    if min(height, width) < 1:
        raise UserError(
            f"model.channels={config.channels}: {len(config.channels)} poolings leave nothing of a "
            f"{input_shape[1]}x{input_shape[2]} image: give a shorter list"
        )
    layers["flatten"] = nn.Flatten()
    sizes = [config.channels[-1] * height * width, *config.widths, num_classes]
    for number, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        layers[f"fc{number}"] = nn.Linear(fan_in, fan_out)
        if number < len(sizes) - 1:
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"dropout{number}"] = PhaseDropout(len(config.channels) + number)
    return nn.Sequential(layers)
