"""Keys of a verdict."""

from dataclasses import dataclass

from pruning_phases.config.analysis import (
    ControlConfig,
    num_resampled_key,
    order_parameter_key,
    refuse_bad_window,
    seed_key,
    size_key,
    window_key,
)


@dataclass
class VerdictConfig(ControlConfig):
    size: str = size_key()
    order_parameter: str = order_parameter_key("corrected_accuracy")
    window: list[float] | None = window_key()
    num_resampled: int = num_resampled_key(500)
    seed: int = seed_key()

    def check(self) -> None:
        super().check()
        refuse_bad_window(self.window)
