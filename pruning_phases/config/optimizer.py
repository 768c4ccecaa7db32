"""Configuration group ``optimizer``: Adam or SGD, and the learning rate over a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from pruning_phases.config.enums import RateSchedule
from pruning_phases.config.keys import key


def _in_steps(config: Any, optimizer: OptimizerConfig) -> bool:
    return optimizer.schedule is RateSchedule.steps


@dataclass
class OptimizerConfig:
    name: str = MISSING
    lr: float = key(MISSING, "learning rate", above=0, at_most=1e30)
    weight_decay: float = key(0.0, "L2 penalty on the weights", at_least=0, at_most=1e30)
    schedule: RateSchedule = key(
        RateSchedule.constant, "learning rate over a training and over each fine-tuning: constant, "
        "cosine (to 0 at the maximum of updates) or steps", before="constant",
    )  # fmt: skip
    milestones: list[float] = key(
        lambda: [0.3, 0.6], "schedule=steps: fractions of the updates after which the rate is "
        "multiplied by decay", above=0, below=1, has_effect=_in_steps,
    )  # fmt: skip
    decay: float = key(
        0.1, "schedule=steps: factor at each milestone", above=0, at_most=1, has_effect=_in_steps
    )


@dataclass
class AdamConfig(OptimizerConfig):
    beta1: float = key(0.9, "decay of the mean of the gradients", at_least=0, below=1)
    beta2: float = key(0.999, "decay of the mean of their squares", at_least=0, below=1)


@dataclass
class SgdConfig(OptimizerConfig):
    momentum: float = key(0.9, "decay of the velocity", at_least=0, below=1)
