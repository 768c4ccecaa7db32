"""The scores by name: each file of ``scores/`` that has a ``READS`` and ``score``.

``READS`` names what a score is computed from, which decides the arguments of ``score``:

    weights    score(weights [R, n]) -> [R, n]
    stream     score(key [R, 2], n) -> [R, n]
    examples   score(network, parameters, prunable, x, y) -> {name: tensor}, of one network
    shape      score(network, parameters, prunable, example) -> {name: tensor}, of one network; a
               step is pruned in ``pruner.score_rounds`` rounds

Higher scores survive. Files of scores import torch inside their functions, since configuration and
``--help`` read them.
"""

from __future__ import annotations

from types import ModuleType

from pruning_phases.registry import members

WEIGHTS, STREAM, EXAMPLES, SHAPE = "weights", "stream", "examples", "shape"


def scores() -> dict[str, ModuleType]:
    return members("pruning_phases.pruning.scores", "READS")


def reads(name: str) -> str | None:
    """What the score of that name is computed from; None if there is no such score."""
    return scores()[name].READS if name in scores() else None
