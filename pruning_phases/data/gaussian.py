"""Random inputs with random labels, to be memorized, or a teacher's labels, to be learned.

Inputs are independent standard normal numbers, shaped as square images so that every network
takes them. Random labels are uniform and independent of the inputs. A teacher's label is the class
of the largest output of a random network with one hidden ReLU layer. arXiv 2402.01089 uses both.
"""

from dataclasses import dataclass

import numpy as np

from pruning_phases.config.enums import Labels
from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import LARGEST_COUNT, LARGEST_WIDTH, key
from pruning_phases.data.dataset import Dataset


@dataclass
class GaussianConfig(DatasetConfig):
    """Keys of the random inputs, which are made from the run's seed."""

    side: int = key(
        8, "inputs are side x side images of standard normal numbers", at_least=1, at_most=10**4
    )
    num_train: int = key(
        10000,
        "training examples, of which every replica takes a random subset",
        at_least=2,
        at_most=LARGEST_COUNT,
    )
    num_test: int = key(2000, "test examples", at_least=1, at_most=LARGEST_COUNT)
    num_classes: int = key(2, "number of classes", at_least=2, at_most=10**6)
    labels: Labels = key(Labels.random, "random, or teacher: labels given by a random network")
    teacher_width: int = key(
        20, "labels=teacher: hidden units of the teacher", at_least=1,
        at_most=LARGEST_WIDTH, has_effect=lambda config, dataset: dataset.labels is Labels.teacher,
    )  # fmt: skip

    def num_bytes(self) -> int:
        """Bytes that ``load`` fills at least: images in float64 and in float32, the teacher."""
        count, inputs = self.num_train + self.num_test, self.side**2
        images = 12 * count * inputs
        if self.labels is Labels.random:
            return images
        width, classes = self.teacher_width, self.num_classes
        return images + 8 * (inputs * width + width * classes + count * max(width, classes))


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
        # Without their mean over inputs: otherwise one class would nearly always be the largest.
        outputs = [np.maximum(part.reshape(len(part), -1) @ first, 0) @ second for part in images]
        labels = [(part - outputs[0].mean(axis=0)).argmax(axis=1) for part in outputs]
    return Dataset(train, labels[0], test, labels[1], config.num_classes)
