"""Keys of a verdict."""

from dataclasses import dataclass

from pruning_phases.config.analysis import (
    AnalysisConfig,
    control_key,
    num_resampled_key,
    order_parameter_key,
    refuse_bad_window,
    refuse_unknown_control,
    seed_key,
    size_key,
    window_key,
)


@dataclass
class VerdictConfig(AnalysisConfig):
    size: str = size_key()
    control: str = control_key()
    order_parameter: str = order_parameter_key("corrected_accuracy")
    window: list[float] | None = window_key()
    num_resampled: int = num_resampled_key(500)
    seed: int = seed_key()

    def check(self) -> None:
        refuse_unknown_control(self.control)
        refuse_bad_window(self.window)
