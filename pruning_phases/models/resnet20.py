"""Residual network for small images (arXiv 1512.03385, Section 4.2)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pruning_phases.config.groups import ModelConfig
from pruning_phases.config.keys import LARGEST_WIDTH, key

if TYPE_CHECKING:
    from torch import nn

NUM_STAGES = 3


@dataclass
class ResnetConfig(ModelConfig):
    width: int = key(
        16, "channels of the first of three stages, the next ones have two and four times as many",
        at_least=1, at_most=LARGEST_WIDTH,
    )  # fmt: skip
    blocks: int = key(
        3, "residual blocks of each stage; n blocks make 6n + 2 layers, 3 are ResNet-20",
        at_least=1, at_most=1000,
    )  # fmt: skip


CONFIG = ResnetConfig


def build(config: ResnetConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """conv1, the blocks stage1.block1, stage1.block2, ..., mean over the pixels, dropout, fc.

    The second and third stage begin with stride 2. All images are large enough.
    """
    from torch import nn

    from pruning_phases.models.blocks import ResidualBlock, he_initialize
    from pruning_phases.models.dropout import PhaseDropout

    channels = config.width
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv1=nn.Conv2d(input_shape[0], channels, 3, padding=1, bias=False),
        bn1=nn.BatchNorm2d(channels),
        relu1=nn.ReLU(),
    )
    for stage in range(1, NUM_STAGES + 1):
        blocks: OrderedDict[str, nn.Module] = OrderedDict()
        for number in range(1, config.blocks + 1):
            first = stage > 1 and number == 1
            fan_out = channels * 2 if first else channels
            blocks[f"block{number}"] = ResidualBlock(channels, fan_out, 2 if first else 1)
            channels = fan_out
        layers[f"stage{stage}"] = nn.Sequential(blocks)
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["dropout"] = PhaseDropout(1)
    layers["fc"] = nn.Linear(channels, num_classes)
    return he_initialize(nn.Sequential(layers))
