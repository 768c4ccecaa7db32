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

A score of a user's own is a function ``module:name`` with an attribute ``READS``, or in a module
with ``READS``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pruning_phases.errors import UserError
from pruning_phases.import_path import described, is_import_path, refuse_call, resolve
from pruning_phases.registry import members

if TYPE_CHECKING:
    from torch import Tensor

    Parameters = dict[str, Tensor]
    Network = Callable[[Parameters, Tensor], Tensor]

WEIGHTS, STREAM, EXAMPLES, SHAPE = "weights", "stream", "examples", "shape"


KEY = "pruner.score"
ARGUMENTS = {
    WEIGHTS: ("weights",),
    STREAM: ("key", "num_weights"),
    EXAMPLES: ("network", "parameters", "prunable", "x", "y"),
    SHAPE: ("network", "parameters", "prunable", "example"),
}


@dataclass(frozen=True)
class Score:
    """Source of a score, and the function that computes it."""

    reads: str
    score: Callable[..., Any]


def scores() -> dict[str, ModuleType]:
    return members("pruning_phases.pruning.scores", "READS")


def score_named(name: str) -> Score:
    """The score of that name or import path. Raises UserError for an unsuitable import path."""
    if is_import_path(name):
        return _own_score(name)
    return Score(scores()[name].READS, scores()[name].score)


def reads(name: str) -> str | None:
    """Source of the score of that name; None if there is no such score."""
    return score_named(name).reads if name in scores() or is_import_path(name) else None


@cache
def _own_score(path: str) -> Score:
    imported = resolve(path, KEY)
    source = getattr(imported.value, "READS", getattr(imported.module, "READS", None))
    if source not in ARGUMENTS:
        name = path.partition(":")[2]
        got = "no READS" if source is None else f"READS = {described(source)}"
        raise UserError(
            f"{KEY}={path}: expected {name}.READS = one of {', '.join(ARGUMENTS)}, which says what "
            f"the score reads, got {got}"
        )
    refuse_call(imported, KEY, ARGUMENTS[source])
    return Score(source, imported.value)
