"""Registry of the scores: each file of ``scores/`` that has ``READS`` and ``score``.

``READS`` names the source of a score, which decides the arguments of ``score``:

    weights    score(weights [R, n]) -> [R, n]
    stream     score(key [R, 2], n) -> [R, n]
    examples   score(network, parameters, prunable, x, y) -> {name: tensor}, of one network
    shape      score(network, parameters, prunable, example) -> {name: tensor}, of one network whose
               running means are 0; a step is pruned in ``pruner.score_rounds`` rounds

``network(parameters, x)`` returns the logits in evaluation mode: without dropout, and with the
running statistics of batch normalization, which stay as they are. Weights with higher scores
survive. Scores of one network are in float64, so that a replica has the same scores in an ensemble
as alone. Files of scores import torch inside their functions, since
configuration and ``--help`` read them. ``conf/pruner/NAME.yaml`` makes a score an option.
"""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from pruning_phases.registry import members

if TYPE_CHECKING:
    from torch import Tensor

    Parameters = dict[str, Tensor]
    Network = Callable[[Parameters, Tensor], Tensor]

WEIGHTS, STREAM, EXAMPLES, SHAPE = "weights", "stream", "examples", "shape"


def scores() -> dict[str, ModuleType]:
    return members("pruning_phases.pruning.scores", "READS")


def reads(name: str) -> str | None:
    """Source of the score of that name; None if there is no such score."""
    return scores()[name].READS if name in scores() else None
