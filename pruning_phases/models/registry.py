"""Registry of the models: each file of this folder that has ``CONFIG`` and ``build``.

``CONFIG`` is a subclass of ``ModelConfig``. It may have ``check()``, which raises UserError, and
``canonical()``, which gives equal models equal run ids. ``build(config, input_shape, num_classes)``
returns the module. ``conf/model/NAME.yaml``, over ``schema_NAME``, makes it an option.
"""

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
    """Build a freshly initialized module."""
    return models()[config.name].build(config, input_shape, num_classes)
