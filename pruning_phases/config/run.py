"""Configuration of one run: the root over which Hydra composes the YAML of ``conf/``.

Its types refuse a misspelt key or a value of the wrong type before anything runs. ``checks.py``
refuses contradictions between keys. ``identity.py`` separates the keys that decide a run's numbers
from the rest.
"""

from dataclasses import dataclass

from omegaconf import MISSING

from pruning_phases.config.dropout_rates import DropoutPhaseConfig
from pruning_phases.config.enums import Difference, Family
from pruning_phases.config.groups import (
    DatasetConfig,
    ExperimentScaleConfig,
    LoggerConfig,
    ModelConfig,
    PrunerConfig,
    SweepConfig,
    TrainerConfig,
    TrainingConfig,
)
from pruning_phases.config.keys import LARGEST_COUNT, LARGEST_SEED, key
from pruning_phases.config.optimizer import OptimizerConfig, makes_updates
from pruning_phases.config.topology import TopologyConfig


@dataclass
class Config:
    """One run: ``num_replicas`` replicas of one configuration."""

    study: str = key(
        "transition", "name of the folder of runs that belong together", machine=True, path=True
    )
    seed: int = key(
        0, "replica r of seed s is the same network in every run", at_least=0, at_most=LARGEST_SEED
    )
    num_replicas: int = key(
        8, "networks in this run, each with its own weights, data order and mask", at_least=1,
        at_most=10**6,
    )  # fmt: skip
    first_replica: int = key(0, "index of the first replica", at_least=0, at_most=LARGEST_COUNT)
    replicas_differ_in: Difference = key(
        Difference.everything, "everything, or data: replicas differ in their examples alone, to "
        "measure the information that a mask holds about these", before="everything",
    )  # fmt: skip
    model: ModelConfig = MISSING
    dataset: DatasetConfig = MISSING
    training: TrainingConfig = key(TrainingConfig, "training", has_effect=makes_updates)
    optimizer: OptimizerConfig = MISSING
    pruner: PrunerConfig = MISSING
    dropout_phase: DropoutPhaseConfig = MISSING
    topology: TopologyConfig = key(
        TopologyConfig, "graph that is trained",
        has_effect=lambda config, _: config.topology.family is not Family.dense,
    )  # fmt: skip
    snapshots: list[float] = key(
        list, "densities at which weights and masks are kept, each at the nearest pruning step",
        at_least=0, at_most=1, has_effect=makes_updates,
    )  # fmt: skip
    initial_gradients: bool = key(
        False, "keep the gradients of the loss over all training examples at the initial weights, "
        "which the command survival reads", before=False, has_effect=makes_updates,
    )  # fmt: skip
    observables: list[str] = key(
        list, "import paths MODULE:NAME of observables of your own", before=[], import_path=True
    )
    trainer: TrainerConfig = key(TrainerConfig, "device", machine=True)
    logger: LoggerConfig = key(LoggerConfig, "tracking", machine=True)
    data_dir: str = key(
        "data",
        "folder of downloaded data sets; PRUNING_PHASES_DATA sets it too",
        machine=True,
        path=True,
    )
    results_dir: str = key(
        "multirun", "records go to results_dir/<study>/<run id>/", machine=True, path=True
    )
    figures: list[str] = key(
        ["transition"], "analyses that plot at the end of a run: transition and evolution (needs "
        "snapshots) read this run, the others all finished runs of the study", machine=True,
    )  # fmt: skip
    experiment_scale: ExperimentScaleConfig = key(
        ExperimentScaleConfig, "values of the scale that experiments refer to", machine=True
    )
    sweep: SweepConfig = key(SweepConfig, "options of a sweep", machine=True)
    progress: bool = key(True, "show progress", machine=True)
    checkpoint_seconds: float = key(
        10.0, "shortest time between two checkpoints, in seconds; a checkpoint is written after a "
        "round, which takes an epoch at most", at_least=0, at_most=10**9, machine=True,
    )  # fmt: skip
