"""EMNIST: handwritten letters and digits, 28x28, in six splits.

The published images are transposed: height and width are exchanged. They stay so, as in
torchvision. For a fully connected network this is only another order of the inputs.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pruning_phases.config.groups import DatasetConfig
from pruning_phases.config.keys import key
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.idx_images import PublishedIdx


class Split(Enum):
    """Published splits; the value is the number of classes."""

    byclass = "62"
    bymerge = "47"
    balanced = "47 of equal size"
    letters = "26"
    digits = "10 of equal size"
    mnist = "10"

    @property
    def num_classes(self) -> int:
        return int(self.value.split()[0])


@dataclass
class EmnistConfig(DatasetConfig):
    split: Split = key(
        Split.balanced, "byclass (62 classes), bymerge (47), balanced (47), letters (26), digits "
        "(10) or mnist (10)",
    )  # fmt: skip


CONFIG = EmnistConfig


def files(config: EmnistConfig, data_dir: str) -> list[Path]:
    return _published(config.split).files(data_dir)


def load(config: EmnistConfig, data_dir: str, seed: int) -> Dataset:
    return _published(config.split).read(data_dir, config.name)


def _published(split: Split) -> PublishedIdx:
    """The files number the letters from 1 to 26; here they are the classes 0 to 25."""
    return PublishedIdx(
        "EMNIST",
        (f"emnist-{split.name}-train", f"emnist-{split.name}-test"),
        split.num_classes,
        first_label=1 if split is Split.letters else 0,
        arguments={"split": split.name},
    )
