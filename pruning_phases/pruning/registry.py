"""Registry of the scores: each file of ``scores/`` that has ``READS`` and ``score``.

``READS`` names the source of a score, which decides the arguments of ``score``:

    weights    score(weights [R, n]) -> [R, n]
    stream     score(key [R, 2], n) -> [R, n]
    examples   score(network, parameters, prunable, x, y) -> {name: tensor}, of one network
    regrowth   score(network, parameters, prunable, before, x, y) -> {name: tensor}, of one network;
               before: its prunable weights when the step began, all of which may survive it
    shape      score(network, parameters, prunable, example) -> {name: tensor}, of one network whose
               running means are 0
    predictor  score(predictor, weights, gradients) -> {name: tensor}, of the prunable weights of
               one network and the gradients of its mean loss over all its training examples;
               predictor: ``pruning.predictor.Predictor`` of ``pruner.teacher``

Scores that read regrowth or the shape, and those with ``IN_ROUNDS = True``, prune each step in
``pruner.score_rounds`` rounds.

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

WEIGHTS, STREAM, EXAMPLES = "weights", "stream", "examples"
REGROWTH, SHAPE, PREDICTOR = "regrowth", "shape", "predictor"


KEY = "pruner.score"
ARGUMENTS = {
    WEIGHTS: ("weights",),
    STREAM: ("key", "num_weights"),
    EXAMPLES: ("network", "parameters", "prunable", "x", "y"),
    REGROWTH: ("network", "parameters", "prunable", "before", "x", "y"),
    SHAPE: ("network", "parameters", "prunable", "example"),
    PREDICTOR: ("predictor", "weights", "gradients"),
}


@dataclass(frozen=True)
class Score:
    """Source of a score, the function that computes it, and whether it prunes in rounds."""

    reads: str
    score: Callable[..., Any]
    in_rounds: bool


def scores() -> dict[str, ModuleType]:
    return members("pruning_phases.pruning.scores", "READS")


def score_named(name: str) -> Score:
    """The score of that name or import path. Raises UserError for an unsuitable import path."""
    if is_import_path(name):
        return _own_score(name)
    module = scores()[name]
    return Score(module.READS, module.score, _in_rounds(module, module.READS))


def _in_rounds(owner: object, source: str) -> bool:
    return source in (REGROWTH, SHAPE) or getattr(owner, "IN_ROUNDS", False)


def reads(name: str) -> str | None:
    """Source of the score of that name; None if there is no such score."""
    found = _found(name)
    return found.reads if found else None


def prunes_in_rounds(name: str) -> bool:
    found = _found(name)
    return found is not None and found.in_rounds


def _found(name: str) -> Score | None:
    return score_named(name) if name in scores() or is_import_path(name) else None


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
    in_rounds = any(_in_rounds(owner, source) for owner in (imported.value, imported.module))
    return Score(source, imported.value, in_rounds)
