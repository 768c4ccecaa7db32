"""Gaussian inputs and a response to a few sparse directions of them (arXiv 2406.08658).

    y = (1/sqrt r) sum_i He_k(v_i . x) / sqrt(k!) + noise,  x ~ N(0, 1) in d dimensions

He_k: probabilists' Hermite polynomial, k: information exponent. The response has mean 0 and
variance 1 without noise. v_1, ..., v_r: orthonormal, with s coordinates that are not 0 in all. The
classes of an example: whether y is above its median over the training examples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import LARGEST_COUNT, key
from pruning_phases.config.optimizer import makes_updates
from pruning_phases.data.dataset import Dataset
from pruning_phases.errors import UserError

Array = NDArray[np.floating]


@dataclass
class SparseFeaturesConfig(DatasetConfig):
    """Keys of the data, which are made from the run's seed."""

    num_inputs: int = key(1024, "inputs d", at_least=1, at_most=10**6)
    num_relevant: int = key(16, "inputs s that the response depends on", at_least=1, at_most=10**6)
    rank: int = key(1, "directions r of the inputs that the response depends on", at_least=1,
                    at_most=10**4)  # fmt: skip
    information_exponent: int = key(2, "degree k of the Hermite polynomial", at_least=1, at_most=10)
    noise: float = key(0.1, "standard deviation of the noise of the response", at_least=0,
                       at_most=1e6)  # fmt: skip
    num_train: int = key(
        10000, "training examples, of which every replica takes a random subset", at_least=2,
        at_most=LARGEST_COUNT, has_effect=makes_updates,
    )  # fmt: skip
    num_test: int = key(2000, "test examples", at_least=1, at_most=LARGEST_COUNT)

    def num_bytes(self) -> int:
        """Bytes that ``load`` fills at least: inputs in float64 and in float32."""
        return 12 * (self.num_train + self.num_test) * self.num_inputs

    def check(self) -> None:
        if not self.rank <= self.num_relevant <= self.num_inputs:
            raise UserError(
                f"dataset.num_relevant={self.num_relevant}: give at least dataset.rank={self.rank} "
                f"and at most dataset.num_inputs={self.num_inputs}"
            )


CONFIG = SparseFeaturesConfig


def load(config: SparseFeaturesConfig, data_dir: str, seed: int) -> Dataset:
    from pruning_phases.streams import stream_key

    generator = np.random.default_rng(stream_key(seed, "sparse_features"))
    found = directions(generator, config.num_inputs, config.num_relevant, config.rank)
    images, responses = [], []
    for count in (config.num_train, config.num_test):
        x = generator.standard_normal((count, config.num_inputs))
        noise = config.noise * generator.standard_normal(count)
        responses.append(response(x, found, config.information_exponent) + noise)
        images.append(x.astype(np.float32)[:, None, None, :])
    median = np.median(responses[0])
    train, test = ((one > median).astype(np.int64) for one in responses)
    relevant = tuple(np.flatnonzero(np.abs(found).sum(axis=1)).tolist())
    return Dataset(images[0], train, images[1], test, num_classes=2, relevant_inputs=relevant)


def directions(
    generator: np.random.Generator, num_inputs: int, num_relevant: int, rank: int
) -> NDArray[np.float64]:
    """Orthonormal directions [d, r] on ``num_relevant`` random inputs.

    Each direction has its own part of them, of equal sizes within one, with weights of equal
    magnitudes and random signs.
    """
    chosen = generator.permutation(num_inputs)[:num_relevant]
    found = np.zeros((num_inputs, rank))
    for number, part in enumerate(np.array_split(chosen, rank)):
        found[part, number] = generator.choice([-1.0, 1.0], len(part)) / math.sqrt(len(part))
    return found


def response(x: Array, directions: Array, exponent: int) -> Array:
    """(1/sqrt r) sum_i He_k(v_i . x) / sqrt(k!) of inputs x [n, d], directions [d, r]: [n]."""
    rank = directions.shape[1]
    coefficients = [0.0] * exponent + [1 / math.sqrt(math.factorial(exponent) * rank)]
    projected = x @ directions.astype(x.dtype)
    return np.polynomial.hermite_e.hermeval(projected, coefficients).sum(axis=1)
