"""Network of a user's own, by its import path.

``build`` names a class or function: build(input_shape, num_classes, **options) -> nn.Module, which
maps images [B, *input_shape] to logits [B, num_classes].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omegaconf import MISSING

from pruning_phases.config.groups import ModelConfig
from pruning_phases.config.keys import key
from pruning_phases.import_path import Fault, described, refuse_call, reported, resolve

if TYPE_CHECKING:
    from torch import nn

KEY = "model.build"


@dataclass
class CustomModelConfig(ModelConfig):
    build: str = key(
        MISSING, "import path MODULE:NAME of a class or function that is called as "
        "NAME(input_shape, num_classes, **options) and returns a torch module", import_path=True,
    )  # fmt: skip
    options: dict[str, Any] = key(dict, "keyword arguments for it, model.options.NAME=VALUE")

    def check(self) -> None:
        arguments = ("input_shape", "num_classes")
        refuse_call(resolve(self.build, KEY), KEY, arguments, self.options)


CONFIG = CustomModelConfig


def build(config: CustomModelConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    from torch import nn

    with reported(KEY, config.build):
        found = resolve(config.build, KEY).value(input_shape, num_classes, **config.options)
        if not isinstance(found, nn.Module):
            got = described(found)
            raise Fault(config.build, f"expected that it returns a torch module, got {got}")
    return found
