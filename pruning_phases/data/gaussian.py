"""Random inputs with random or teacher's labels: what can be memorized, and what can be learned.

Inputs are independent standard normal numbers, laid out as square images so that every network
takes them. Random labels are uniform and say nothing about the inputs; a teacher's are the largest
output of a random network with one hidden layer of ReLU (arXiv 2402.01089 asks for both kinds).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pruning_phases.config.choices import Labels
from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import key
from pruning_phases.data.dataset import Dataset


@dataclass
class GaussianConfig(DatasetConfig):
    """Random inputs, made from the run's seed."""

    side: int = key(8, "inputs are side x side images of standard normal numbers", at_least=1)
    num_train: int = key(10000, "examples that the replicas choose theirs from", at_least=2)
    num_test: int = key(2000, "test examples", at_least=1)
    num_classes: int = key(2, "classes", at_least=2)
    labels: Labels = key(Labels.random, "random labels, or those of a random teacher network")
    teacher_width: int = key(
        20, "labels=teacher: hidden units of the teacher", at_least=1,
        has_effect=lambda config, dataset: dataset.labels is Labels.teacher,
    )  # fmt: skip


CONFIG = GaussianConfig


def load(config: GaussianConfig, data_dir: str, seed: int) -> Dataset:
    from pruning_phases.streams import stream_key

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
