"""Configuration group ``optimizer``: Adam, SGD, or one step and ridge regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from pruning_phases.config.enums import Inputs, RateSchedule
from pruning_phases.config.keys import LARGEST_COUNT, key


def _in_steps(config: Any, optimizer: DescentConfig) -> bool:
    return optimizer.schedule is RateSchedule.steps


@dataclass
class OptimizerConfig:
    name: str = MISSING


@dataclass
class DescentConfig(OptimizerConfig):
    """Keys of optimizers that make many updates."""

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
class AdamConfig(DescentConfig):
    beta1: float = key(0.9, "decay of the mean of the gradients", at_least=0, below=1)
    beta2: float = key(0.999, "decay of the mean of their squares", at_least=0, below=1)


@dataclass
class SgdConfig(DescentConfig):
    momentum: float = key(0.9, "decay of the velocity", at_least=0, below=1)


@dataclass
class OneStepConfig(OptimizerConfig):
    """One step of the first layer, then ridge regression of the second (arXiv 2406.08658)."""

    inputs: Inputs = key(
        Inputs.found, "inputs that are left before the step: all, found (by the gradients of "
        "probe neurons) or relevant (those that the response depends on)",
    )  # fmt: skip
    num_probes: int | None = key(
        None, "inputs=found: probes that are kept for each parity, and coordinates of a probe; "
        "null: dataset.num_relevant + 2", at_least=1, at_most=LARGEST_COUNT,
        has_effect=lambda config, optimizer: optimizer.inputs is Inputs.found,
    )  # fmt: skip
    penalty: float = key(
        1e-3, "ridge regression: penalty on the squared weights of the second layer, beside the "
        "mean squared error", above=0, at_most=1e30,
    )  # fmt: skip


def descent(config: OptimizerConfig) -> DescentConfig:
    """The configuration of an optimizer that makes many updates."""
    assert isinstance(config, DescentConfig)
    return config


def makes_updates(config: Any, _: Any) -> bool:
    """Condition of keys that one step and ridge regression do not read."""
    return not isinstance(config.optimizer, OneStepConfig)
