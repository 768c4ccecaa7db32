"""VGG-11 with batch norm (arXiv 1409.1556, configuration A) in its form for small images."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pruning_phases.config.groups import ModelConfig
from pruning_phases.config.keys import LARGEST_WIDTH, key

if TYPE_CHECKING:
    from torch import nn

# Channels of each convolution as multiples of model.width. A pooling follows some of them.
MULTIPLES = (1, 2, 4, 4, 8, 8, 8, 8)
POOLED = (1, 2, 4, 6, 8)


@dataclass
class VggConfig(ModelConfig):
    width: int = key(
        64, "channels of the first convolution, the others have up to eight times as many",
        at_least=1, at_most=LARGEST_WIDTH,
    )  # fmt: skip


CONFIG = VggConfig


def build(config: VggConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """Layers conv1 ... conv8 (3x3, batch norm, ReLU, 2x2 max pooling, dropout), then fc.

    A pooling that would leave nothing of the image is left out: the fifth one on 28x28 pixels.
    The convolutions keep their biases, as in the published networks, although batch norm cancels
    them.
    """
    from torch import nn

    from pruning_phases.models.blocks import he_initialize
    from pruning_phases.models.dropout import PhaseDropout

    fan_in, height, width = input_shape
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, multiple in enumerate(MULTIPLES, start=1):
        fan_out = multiple * config.width
        layers[f"conv{number}"] = nn.Conv2d(fan_in, fan_out, 3, padding=1)
        layers[f"bn{number}"] = nn.BatchNorm2d(fan_out)
        layers[f"relu{number}"] = nn.ReLU()
        if number in POOLED and min(height, width) > 1:
            layers[f"pool{number}"] = nn.MaxPool2d(2)
            height, width = height // 2, width // 2
        layers[f"dropout{number}"] = PhaseDropout(number)
        fan_in = fan_out
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(fan_in * height * width, num_classes)
    return he_initialize(nn.Sequential(layers))
