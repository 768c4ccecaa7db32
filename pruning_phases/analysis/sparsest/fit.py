"""Fronts and success rates. Pure functions of arrays."""

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.683  # of an interval, as of one standard error


def front(counts: NDArray[np.int64], accuracy: NDArray[np.float64]) -> list[tuple[int, float]]:
    """Highest accuracy of networks with at most so many nonzeros, where it rises."""
    found: list[tuple[int, float]] = []
    for count in np.unique(counts):
        best = float(accuracy[counts == count].max())
        if not found or best > found[-1][1]:
            found.append((int(count), best))
    return found


def success_rate(successes: int, trials: int) -> tuple[float, float, float]:
    """Fraction of successes and the ends of Wilson's interval for its probability (Wilson 1927)."""
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(CONFIDENCE, method="wilson")
    return successes / trials, float(interval.low), float(interval.high)
