"""MLP-Mixer: linear layers that mix the patches of an image and their channels in turn."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pruning_phases.config.groups import ModelConfig
from pruning_phases.config.keys import LARGEST_WIDTH, key
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from torch import nn


@dataclass
class MixerConfig(ModelConfig):
    patch_size: int = key(
        4, "side of the square patches that divide the image", at_least=1, at_most=10**4
    )
    dim: int = key(64, "channels of each patch", at_least=1, at_most=LARGEST_WIDTH)
    depth: int = key(
        4, "blocks; each mixes the patches, then the channels", at_least=1, at_most=1000
    )
    token_width: int = key(
        32, "hidden units of the MLPs that mix the patches", at_least=1, at_most=LARGEST_WIDTH
    )
    channel_width: int = key(
        256, "hidden units of the MLPs that mix the channels", at_least=1, at_most=LARGEST_WIDTH
    )


CONFIG = MixerConfig


def build(config: MixerConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """Layers patches, block1.tokens.fc1, ..., block1.channels.fc1, ..., fc (arXiv 2105.01601).

    Raises UserError if the patches do not divide the image.
    """
    from torch import nn

    from pruning_phases.models.blocks import MixerBlock, PatchMean, PatchSequence

    channels, height, width = input_shape
    side = config.patch_size
    if height % side or width % side:
        sides = [n for n in range(1, min(height, width) + 1) if height % n == 0 == width % n]
        raise UserError(
            f"model.patch_size={side}: patches of this side do not divide a {height}x{width} "
            f"image: give {' or '.join(map(str, sides))}"
        )
    sizes = (height // side) * (width // side), config.dim
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        patches=nn.Conv2d(channels, config.dim, side, stride=side), sequence=PatchSequence()
    )
    for number in range(1, config.depth + 1):
        widths = config.token_width, config.channel_width
        layers[f"block{number}"] = MixerBlock(sizes, widths, number)
    layers["norm"] = nn.LayerNorm(config.dim)
    layers["mean"] = PatchMean()
    layers["fc"] = nn.Linear(config.dim, num_classes)
    return nn.Sequential(layers)
