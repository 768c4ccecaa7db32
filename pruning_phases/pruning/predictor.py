"""A predictor of survival: a small network that maps a weight and its gradient to a score.

In: arrays, or a file of safetensors. Out: the predictor, its file's content. The analysis
``survival`` fits one; the pruner ``autosparse`` reads it. Knows neither runs nor torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.files import digest_of, teacher_file
from pruning_phases.errors import UserError
from pruning_phases.records.tensors import content_of, read_tensors

if TYPE_CHECKING:
    from pruning_phases.config.groups import PrunerConfig

Array = NDArray[np.floating]
WEIGHTS_AT_ONCE = 1 << 17
KINDS = {2: "linear", 3: "convolution", 4: "convolution", 5: "convolution"}  # by dimensions


@dataclass(frozen=True)
class Predictor:
    """Fully connected network with ReLU, from a standardized weight and gradient to one number.

    layers    weights [out, in] and biases [out] of each layer
    facts     the networks that it was fitted to, the kinds of their layers, the fit's options
    """

    layers: Sequence[tuple[Array, Array]]
    facts: dict[str, Any] = field(default_factory=dict)

    def __call__(self, weights: Array, gradients: Array) -> Array:
        """Scores [n] of all prunable weights [n] of one network, with gradients [n], in float64."""
        pairs = standardized(weights, gradients)
        parts = np.split(pairs, range(WEIGHTS_AT_ONCE, len(pairs), WEIGHTS_AT_ONCE))
        return np.concatenate([self.at(x) for x in parts])

    def at(self, pairs: Array) -> Array:
        """Scores [n] of standardized weights and gradients [n, 2]."""
        return outputs(self.layers, pairs)[:, 0]

    def content(self) -> bytes:
        """The content of the predictor's file."""
        tensors = {}
        for number, (weights, biases) in enumerate(self.layers):
            tensors[f"layer_{number}.weight"] = np.ascontiguousarray(weights, np.float64)
            tensors[f"layer_{number}.bias"] = np.ascontiguousarray(biases, np.float64)
        return content_of(tensors, self.facts)


def standardized(weights: Array, gradients: Array) -> Array:
    """Weights and gradients [n, 2] of one network, each divided by its root mean square over all
    prunable weights (by 1 if all are 0), so that networks of other widths and data are alike."""
    pairs = np.stack([weights, gradients], axis=1).astype(np.float64)
    scales = np.sqrt(np.mean(pairs**2, axis=0))
    return pairs / np.where(scales > 0, scales, 1.0)


def outputs(layers: Iterable[tuple[NDArray, NDArray]], x: Array) -> Array:
    """Outputs [n, out] of a fully connected network with ReLU for inputs x [n, in].

    layers: weights [out, in] and biases [out] of each layer, from the first one.
    """
    *hidden, (last, offset) = layers
    for weights, biases in hidden:
        x = np.maximum(x @ weights.T + biases, 0)
    return x @ last.T + offset


def kinds_of(shapes: Iterable[Sequence[int]]) -> list[str]:
    """Return the kinds of layers whose weights have these shapes."""
    return sorted({KINDS[len(shape)] for shape in shapes})


def teacher_of(pruner: PrunerConfig) -> Predictor:
    """Return the predictor that the key ``pruner.teacher`` names.

    Raises UserError if its file has changed since the configuration was checked.
    """
    return _teacher(pruner.teacher, pruner.teacher_digest)


@cache  # every network of an ensemble asks for it
def _teacher(teacher: str | None, digest: str | None) -> Predictor:
    file = teacher_file(teacher)
    if digest_of("pruner.teacher", file) != digest:
        raise UserError(f"pruner.teacher={teacher}: {file} has changed since the run began")
    try:
        tensors, facts = read_tensors(file)
        layers = [
            (tensors[f"layer_{number}.weight"], tensors[f"layer_{number}.bias"])
            for number in range(len(tensors) // 2)
        ]
        if not layers or not isinstance(facts["kinds"], list):
            raise ValueError("it has no layers, or no kinds of layers")
        predictor = Predictor(layers, facts)
        predictor(np.zeros(1), np.zeros(1))
    except (UserError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UserError(
            f"pruner.teacher: {file} is no predictor of survival ({error}): python -m "
            "pruning_phases.survival runs=FOLDER makes one"
        ) from error
    return predictor


def refuse_other_kinds(predictor: Predictor, shapes: Iterable[Sequence[int]], teacher: str) -> None:
    """Raise UserError if a network has no layer of a kind that the teacher's networks have."""
    here, there = kinds_of(shapes), predictor.facts["kinds"]
    if not set(here) & set(there):
        raise UserError(
            f"pruner.teacher={teacher}: its networks have {', '.join(there) or 'unknown'} layers "
            f"alone, and this one has {', '.join(here)} layers: give a teacher with such layers"
        )
