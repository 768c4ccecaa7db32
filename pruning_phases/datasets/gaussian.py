"""Random inputs with random or teacher's labels: what can be memorized, and what can be learned.

Inputs are independent standard normal numbers, laid out as square images so that every network
takes them. Random labels are uniform and say nothing about the inputs; a teacher's are the largest
output of a random network with one hidden layer of ReLU (arXiv 2402.01089 asks for both kinds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pruning_phases.config import Labels
from pruning_phases.datasets import Dataset
from pruning_phases.streams import stream_key

if TYPE_CHECKING:
    from pruning_phases.config import GaussianConfig


def make(config: GaussianConfig, seed: int) -> Dataset:
    generator = np.random.default_rng(stream_key(seed, "gaussian"))
    counts = config.num_train, config.num_test
    images = [generator.standard_normal((n, 1, config.side, config.side)) for n in counts]
    train, test = (part.astype(np.float32) for part in images)
    if config.labels is Labels.random:
        labels = [generator.integers(config.num_classes, size=n) for n in counts]
    else:
        first = generator.standard_normal((config.side**2, config.teacher_width))
        second = generator.standard_normal((config.teacher_width, config.num_classes))
        # Outputs without their mean over inputs: else one class would win nearly always.
        outputs = [np.maximum(part.reshape(len(part), -1) @ first, 0) @ second for part in images]
        labels = [(part - outputs[0].mean(axis=0)).argmax(axis=1) for part in outputs]
    return Dataset(train, labels[0], test, labels[1], config.num_classes)
