"""Length of a training: updates and rounds.

In: a budget, the updates of an epoch of the largest training set. Out: numbers of updates. Pure
arithmetic; knows no network.
"""

import math
from itertools import count

from pruning_phases.config.enums import Rule
from pruning_phases.config.groups import Budget


def max_updates(budget: Budget, epoch_updates: int) -> int:
    """Maximum of updates that a budget allows."""
    return budget.amount * (1 if budget.rule is Rule.updates else epoch_updates)


def round_end(budget: Budget, number: int, epoch_updates: int) -> int:
    """Updates u_k after which round k = 0, 1, … of a step ends: at most ``max_updates``.

        u_k = (k + 1) * epoch_updates            rounds of an epoch
        u_k = ceil((1 + growth)^k / growth^2)    plateau with growth > 0

    With growth the training time is resolved by the same factor at every length, so that networks
    of small and of large training sets stop equally near their best loss.
    """
    end = (number + 1) * epoch_updates
    if budget.grows():
        end = math.ceil((1 + budget.growth) ** number / budget.growth**2)
    return min(end, max_updates(budget, epoch_updates))


def max_rounds(budget: Budget, epoch_updates: int) -> int:
    """Maximum of rounds of a step; a step without updates has one."""
    limit = max_updates(budget, epoch_updates)
    if budget.grows():
        return next(n for n in count() if round_end(budget, n, epoch_updates) == limit) + 1
    return max(1, -(-limit // epoch_updates))
