"""Keys of a phase diagram."""

from dataclasses import dataclass

from pruning_phases.config.analysis import AnalysisConfig, num_resampled_key, seed_key
from pruning_phases.config.keys import key
from pruning_phases.errors import UserError
from pruning_phases.statistics.phases import LEAST_ALPHA, LEAST_GAIN


@dataclass
class PhaseDiagramConfig(AnalysisConfig):
    control: str = key("p_eval", "p_eval, or density of networks pruned without fine-tuning")
    least_alpha: float = key(
        LEAST_ALPHA, "alpha above this counts as learning from more data", at_least=0, below=1
    )
    least_gain: float = key(
        LEAST_GAIN, "fraction of ln C by which the best p_eval must lower the loss for 'can learn'",
        at_least=0, below=1,
    )  # fmt: skip
    confidence: float = key(
        0.95, "probability of a phase below which a point is undecided", at_least=0.5, below=1
    )
    num_resampled: int = num_resampled_key(500)
    seed: int = seed_key()

    def check(self) -> None:
        if self.control not in ("p_eval", "density"):
            raise UserError(f"control={self.control}: choose p_eval or density")
