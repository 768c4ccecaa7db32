"""Fully connected network.

``build`` imports torch, since configuration and ``--help`` read this file without it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from omegaconf import MISSING

from pruning_phases.config.groups import ModelConfig
from pruning_phases.config.keys import LARGEST_WIDTH, key
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from torch import nn


@dataclass
class FcConfig(ModelConfig):
    depth: int = key(MISSING, "layers of weights", at_least=1, at_most=10**4)
    widths: list[int] = key(
        MISSING, "units of each hidden layer", at_least=1, at_most=LARGEST_WIDTH,
        has_effect=lambda config, model: model.width is None,
    )  # fmt: skip
    width: int | None = key(
        None, "one width for all hidden layers, in place of widths", at_least=1,
        at_most=LARGEST_WIDTH, has_effect=lambda config, model: model.width is not None,
    )  # fmt: skip

    outputs: int | None = key(
        None, "outputs; null: one per class; 1, for two classes: binary cross-entropy",
        at_least=1, at_most=1, before=None,
    )  # fmt: skip

    def hidden_widths(self) -> list[int]:
        return [self.width] * (self.depth - 1) if self.width is not None else list(self.widths)

    def canonical(self) -> FcConfig:
        """The same network with a list of widths, so that equal networks have equal run ids."""
        return replace(self, widths=self.hidden_widths(), width=None)

    def check(self) -> None:
        widths = self.hidden_widths()
        if len(widths) != self.depth - 1:
            raise UserError(
                f"model.widths={widths}: a network of model.depth={self.depth} layers has "
                f"{self.depth - 1} hidden layers; give {self.depth - 1} widths, "
                f"or model.depth={len(widths) + 1}"
            )


CONFIG = FcConfig


def build(config: FcConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """Linear layers fc1, fc2, ... with ReLU and dropout on the hidden activations."""
    from torch import nn

    from pruning_phases.models.blocks import AgainstZero
    from pruning_phases.models.dropout import PhaseDropout

    if config.outputs and num_classes != 2:
        raise UserError(
            f"model.outputs={config.outputs}: one output separates two classes, and the data set "
            f"has {num_classes}: leave model.outputs out, or give dataset.num_classes=2"
        )
    sizes = [math.prod(input_shape), *config.hidden_widths(), config.outputs or num_classes]
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    for number, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        layers[f"fc{number}"] = nn.Linear(fan_in, fan_out)
        if number < len(sizes) - 1:
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"dropout{number}"] = PhaseDropout(number)
    if config.outputs:
        layers["against_zero"] = AgainstZero()
    return nn.Sequential(layers)
