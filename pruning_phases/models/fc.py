"""The fully connected network."""

from __future__ import annotations

import math
from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

from pruning_phases.models.dropout import PhaseDropout

if TYPE_CHECKING:
    from pruning_phases.config import FcConfig


def build(config: FcConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """Linear layers fc1, fc2, ... with ReLU and dropout on the hidden activations."""
    sizes = [math.prod(input_shape), *config.hidden_widths(), num_classes]
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    for number, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        layers[f"fc{number}"] = nn.Linear(fan_in, fan_out)
        if number < len(sizes) - 1:
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"dropout{number}"] = PhaseDropout(number)
    return nn.Sequential(layers)
