"""Learning rate of every update of a training: constant, along a cosine, or in steps.

In: the optimizer's configuration, numbers of updates. Out: rates. Pure arithmetic.
"""

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.enums import RateSchedule
from pruning_phases.config.optimizer import OptimizerConfig, descent

Array = NDArray[np.float64]


def learning_rates(optimizer: OptimizerConfig, first: int, count: int, total: int) -> Array:
    """Rates [count] of the updates u = first, first + 1, ... of a training of ``total`` updates.

    constant   lr
    cosine     lr (1 + cos(pi u / total)) / 2                       arXiv 1608.03983, eq. 5
    steps      lr decay^n, n the number of ``milestones`` m with u >= m total
    """
    config = descent(optimizer)
    fraction = (first + np.arange(count)) / max(total, 1)
    if config.schedule is RateSchedule.cosine:
        return config.lr * (1 + np.cos(np.pi * fraction)) / 2
    if config.schedule is RateSchedule.steps:
        passed = (fraction[:, None] >= np.array(config.milestones)).sum(axis=1)
        return config.lr * config.decay**passed
    return np.full(count, config.lr)
