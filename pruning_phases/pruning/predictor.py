"""A predictor of survival: a small network that maps a weight and its gradient to a score.

In: arrays, or a file of safetensors. Out: the predictor, its file's content. The analysis
``survival`` fits one; the pruner ``autosparse`` reads it. Knows neither records nor torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pruning_phases.config.files import digest_of, teacher_file
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from pruning_phases.config.groups import PrunerConfig

Array = NDArray[np.float64]
WEIGHTS_AT_ONCE = 1 << 17
KINDS = {2: "linear", 3: "convolution", 4: "convolution", 5: "convolution"}  # by dimensions


@dataclass(frozen=True)
class Predictor:
    """Fully connected network with ReLU, from (w / scale_w, g / scale_g) to one number.

    scales    [2], of weights and of gradients: their root mean squares over the teacher's networks
    layers    weights [out, in] and biases [out] of each layer
    about     the teacher's runs, the kinds of its layers, and how the network was trained
    """

    scales: Array
    layers: Sequence[tuple[Array, Array]]
    about: dict[str, Any] = field(default_factory=dict)

    def __call__(self, weights: Array, gradients: Array) -> Array:
        """Scores of weights with these gradients, of the same shape, in float64."""
        pairs = self.inputs(weights.ravel(), gradients.ravel())
        parts = np.split(pairs, range(WEIGHTS_AT_ONCE, len(pairs), WEIGHTS_AT_ONCE))
        return np.concatenate([outputs(self.layers, x)[:, 0] for x in parts]).reshape(weights.shape)

    def inputs(self, weights: Array, gradients: Array) -> Array:
        """Inputs [n, 2] of the network for n weights."""
        return np.stack([weights, gradients], axis=1).astype(np.float64) / self.scales

    def content(self) -> bytes:
        """The content of the predictor's file."""
        tensors = {"scales": np.asarray(self.scales, np.float64)}
        for number, (weights, biases) in enumerate(self.layers):
            tensors[f"layer_{number}.weight"] = np.ascontiguousarray(weights, np.float64)
            tensors[f"layer_{number}.bias"] = np.ascontiguousarray(biases, np.float64)
        return save(tensors, metadata={"about": json.dumps(self.about)})


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
    file = teacher_file(pruner.teacher)
    if digest_of("pruner.teacher", file) != pruner.teacher_digest:
        raise UserError(f"pruner.teacher={pruner.teacher}: {file} has changed since the run began")
    return _read(file, str(pruner.teacher_digest))


@cache
def _read(file: Path, digest: str) -> Predictor:
    where = f"pruner.teacher: {file}"
    try:
        with safe_open(file, framework="numpy") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            about = json.loads((opened.metadata() or {}).get("about", "{}"))
        count = sum(name.endswith(".weight") for name in tensors)
        layers = [
            (tensors[f"layer_{number}.weight"], tensors[f"layer_{number}.bias"])
            for number in range(count)
        ]
        predictor = Predictor(tensors["scales"], layers, about)
        predictor(np.zeros(1), np.zeros(1))
    except (SafetensorError, ValueError, KeyError, IndexError) as error:
        raise UserError(
            f"{where} is no predictor of survival ({error}): python -m pruning_phases.survival "
            "runs=FOLDER makes one"
        ) from error
    return predictor


def refuse_other_kinds(predictor: Predictor, shapes: Iterable[Sequence[int]], teacher: str) -> None:
    """Raise UserError if a network has no layer of a kind that the teacher's networks have."""
    here, there = kinds_of(shapes), predictor.about.get("kinds", [])
    if not set(here) & set(there):
        raise UserError(
            f"pruner.teacher={teacher}: its networks have {', '.join(there) or 'unknown'} layers "
            f"alone, and this one has {', '.join(here)} layers: give a teacher with such layers"
        )
