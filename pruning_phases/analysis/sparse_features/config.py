"""Keys of ``sparse_features``."""

from dataclasses import dataclass

from pruning_phases.config.analysis import AnalysisConfig, num_resampled_key, seed_key
from pruning_phases.config.keys import key


@dataclass
class SparseFeaturesConfig(AnalysisConfig):
    support: float = key(
        0.9, "fraction of the relevant inputs that is found at n*", above=0, at_most=1
    )
    risk: float = key(0.5, "excess risk at n*; that of the mean response is 1", above=0, at_most=1)
    num_resampled: int = num_resampled_key(400)
    seed: int = seed_key()
