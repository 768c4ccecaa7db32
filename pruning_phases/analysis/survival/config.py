"""Keys of ``survival``."""

from dataclasses import dataclass

from pruning_phases.config.analysis import AnalysisConfig, seed_key
from pruning_phases.config.keys import LARGEST_WIDTH, key


@dataclass
class SurvivalConfig(AnalysisConfig):
    num_folds: int = key(
        4, "parts of the networks that are held out in turn; at most one for each network",
        at_least=2, at_most=10**6,
    )  # fmt: skip
    hidden: list[int] = key(
        [64, 64], "units of the predictor's hidden layers", at_least=1, at_most=LARGEST_WIDTH
    )
    epochs: int = key(10, "passes over all weights", at_least=1, at_most=10**6)
    learning_rate: float = key(0.01, "learning rate of Adam", above=0, at_most=1)
    batch_size: int = key(4096, "weights of an update", at_least=1, at_most=10**9)
    seed: int = seed_key()
