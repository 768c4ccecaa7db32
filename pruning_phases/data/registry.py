"""Registry of the data sets: each file of this folder that has ``CONFIG`` and ``load``.

``CONFIG`` is ``DatasetConfig`` or a subclass. ``load(config, data_dir, seed)`` returns a
``Dataset``. ``conf/dataset/NAME.yaml``, over ``schema_NAME``, makes it an option.

A file whose data may differ between machines also has ``files(config, data_dir)``: the paths that
``load`` would read, none if they are unknown. Sets that are made by code, or read only with their
published checksums, have none.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from pruning_phases.data.dataset import Dataset, check, with_classes, with_label_noise
from pruning_phases.registry import members

if TYPE_CHECKING:
    from pruning_phases.config.run import Config


def data_sets() -> dict[str, ModuleType]:
    return members("pruning_phases.data", "CONFIG")


def load(config: Config) -> Dataset:
    """Load the data set of a run's configuration, with its classes and its label noise.

    Raises UserError if the arrays of the data set contradict each other.
    """
    found = data_sets()[config.dataset.name].load(config.dataset, config.data_dir, config.seed)
    check(found)
    if config.dataset.num_classes is not None:
        found = with_classes(found, config.dataset.num_classes)
        check(found)
    noise = config.dataset.label_noise
    return with_label_noise(found, noise, config.seed) if noise else found
