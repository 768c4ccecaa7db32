"""Keys of a report."""

from dataclasses import dataclass

from pruning_phases.config.analysis import AnalysisConfig, num_resampled_key, seed_key
from pruning_phases.config.keys import key
from pruning_phases.errors import UserError

INTERVAL = 5.0  # seconds


@dataclass
class ReportConfig(AnalysisConfig):
    live: bool = key(False, "serve the page on this machine and renew it while runs change")
    port: int = key(0, "live: port of the page; 0: a free one", at_least=0, at_most=65535)
    interval: float = key(
        INTERVAL, "live: seconds between two looks at the runs", at_least=0.5, at_most=3600
    )
    num_resampled: int = num_resampled_key(1000)
    seed: int = seed_key()

    def check(self) -> None:
        if self.live:
            return
        if self.port:
            raise UserError(f"port={self.port}: a page in a file has no port: give live=true, too")
        if self.interval != INTERVAL:
            raise UserError(f"interval={self.interval:g}: only a live page is renewed: give "
                            "live=true, too")  # fmt: skip
