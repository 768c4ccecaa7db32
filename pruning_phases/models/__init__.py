"""The networks: ordinary modules, built by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


def build_model(config: Any, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """The freshly initialized module that ``config.model`` describes."""
    from pruning_phases.models import cnn, fc

    builders: dict[str, Any] = {"fc": fc.build, "cnn": cnn.build}
    return builders[config.name](config, input_shape, num_classes)
