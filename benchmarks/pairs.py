"""Time two or more ways of doing the same work in turn, and compare them pair by pair."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass
class Comparison:
    """Times of one pair. ``ratio`` is the peer's time over ours: above 1, ours is faster."""

    work: str
    ours: str
    peer: str
    our_seconds: float
    peer_seconds: float
    ratio: float
    lowest: float
    highest: float

    def line(self) -> str:
        return (
            f"{self.work}: {self.ours} {self.our_seconds:.3g} s, {self.peer} "
            f"{self.peer_seconds:.3g} s, ratio {self.ratio:.2f} "
            f"({self.lowest:.2f} to {self.highest:.2f})"
        )

    def as_dict(self) -> dict:
        return asdict(self)


def in_turn(ways: dict[str, Callable[[], float | None]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each way in each round, after one round of warming up.

    A way that returns a number of seconds has timed itself, without its preparation.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            timed = way()
            elapsed = time.perf_counter() - began if timed is None else timed
            if number:
                seconds[name].append(elapsed)
    return seconds


def compare(
    work: str, ours: str, peer: str, seconds: dict[str, list[float]], units: int = 1
) -> Comparison:
    """Compare per unit of work: ``units`` is how many of the peer's units ours did at once."""
    pairs = [p / (o / units) for o, p in zip(seconds[ours], seconds[peer], strict=True)]
    return Comparison(
        work, ours, peer, statistics.median(seconds[ours]) / units,
        statistics.median(seconds[peer]), statistics.median(pairs), min(pairs), max(pairs),
    )  # fmt: skip
