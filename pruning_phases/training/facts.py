"""Facts of a run that its configuration does not show, for run.json.

In: the configuration, its data and network. Out: JSON values, or a UserError if they do not fit.
"""

from typing import Any

from pruning_phases.config.enums import Stage
from pruning_phases.config.keys import import_paths
from pruning_phases.config.run import Config
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.same_data import file_facts
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.data_order import updates_per_epoch
from pruning_phases.ensemble.device_data import actual_sizes, num_validation
from pruning_phases.ensemble.members import members
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import own_observables
from pruning_phases.pruning.schedules import counts_of
from pruning_phases.records.source_files import source_files
from pruning_phases.training.budgets import max_updates


def train_sizes(config: Config, dataset: Dataset) -> list[int]:
    """The training-set sizes of all networks of the run."""
    given = [member.train_size for member in members(config)]
    return actual_sizes(len(dataset.train_labels), config.dataset.validation_fraction, given)


def _refuse_late_rewind(config: Config, largest_size: int) -> None:
    """Raise UserError if the dense training ends before the update to rewind to."""
    pruner, budget = config.pruner, config.training.budget
    per_epoch = updates_per_epoch(largest_size, config.training.batch_size)
    count = max_updates(budget, per_epoch)
    if Stage.initial in pruner.stages() and pruner.rewind_update >= count:
        raise UserError(
            f"pruner.rewind_update={pruner.rewind_update}: the dense training has {count} updates "
            f"at most: give 0 to {count - 1}, or a larger training.budget.amount"
        )


def facts_of(config: Config, dataset: Dataset, architecture: Architecture) -> dict[str, Any]:
    """Facts for run.json that the configuration does not show.

    Raises UserError for training-set sizes, batch sizes, updates to rewind to and schedules that do
    not fit the data or the network.
    """
    _refuse_late_rewind(config, max(train_sizes(config, dataset)))
    architecture.refuse_batch_size(config.training.batch_size)
    counts_of(config.pruner, architecture.num_prunable)
    num_train = len(dataset.train_labels)
    return {
        "data": {
            "digest": dataset.digest,
            "files": file_facts(config),
            "num_classes": dataset.num_classes,
            "num_train": num_train,
            "num_validation": num_validation(num_train, config.dataset.validation_fraction),
            "num_test": len(dataset.test_labels),
            "has_test_set": dataset.has_test_set,
            **({"relevant_inputs": dataset.relevant_inputs} if dataset.relevant_inputs else {}),
        },
        "network": {
            "num_prunable": architecture.num_prunable,
            "graph": architecture.graph_status,
            "layers": {name: list(shape) for name, shape in architecture.layers.items()},
        },
        "sources": source_files(import_paths(config)),
        "observables": [one.facts() for one in own_observables(config.observables)],
    }
