"""Plateau of a loss: it has stopped improving.

In: losses per replica. Out: the replicas that have stopped. Pure arithmetic; knows no network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass
class Plateau:
    """Per replica: the best loss so far, and the number of rounds since then.

    A loss below the best one by at least the relative amount ``min_delta`` is an improvement. A
    replica stops after ``patience`` rounds without one; its later losses are ignored.
    """

    patience: int
    min_delta: float
    best: NDArray[np.float64]
    stale: NDArray[np.int64]

    @classmethod
    def begin(cls, patience: int, min_delta: float, num_replicas: int) -> Plateau:
        return cls(patience, min_delta, np.full(num_replicas, np.inf), np.zeros(num_replicas, int))

    @property
    def stopped(self) -> NDArray[np.bool_]:
        return self.stale >= self.patience

    def report(self, loss: NDArray[np.float64], may_stop: bool = True) -> NDArray[np.bool_]:
        """Add the losses [R] of one round. Returns [R] bool: the running replicas that improved.

        Without ``may_stop`` every replica keeps one round in which it may improve.
        """
        running = ~self.stopped
        bar = np.where(np.isinf(self.best), np.inf, self.best * (1 - self.min_delta))
        improved = running & (loss < bar)
        self.best = np.where(improved, loss, self.best)
        self.stale = np.where(improved, 0, self.stale + running)
        if not may_stop:
            self.stale = np.minimum(self.stale, self.patience - 1)
        return improved
