"""The models by name: each file beside this one that has a ``CONFIG`` and ``build``."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from pruning_phases.registry import members

if TYPE_CHECKING:
    from torch import nn

    from pruning_phases.config.groups import ModelConfig


def models() -> dict[str, ModuleType]:
    return members("pruning_phases.models", "CONFIG")


def build_model(config: ModelConfig, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """The freshly initialized module that ``config.model`` describes."""
    return models()[config.name].build(config, input_shape, num_classes)
