"""The configuration's shape: the only file that knows what the YAML of ``conf/`` looks like.

Hydra composes the YAML over these dataclasses, so a misspelt key or a value of the wrong type is
refused before anything runs. ``checks.py`` refuses what types cannot, and ``identity.py`` tells
what of it decides a run's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from pruning_phases.pruning.schedules import kept_densities


class Rule(Enum):
    """What ends a training: a number of updates, of epochs, or a loss that stops improving."""

    updates = 1
    epochs = 2
    plateau = 3


class Score(Enum):
    none = 1
    magnitude = 2
    random = 3
    snip = 4
    grasp = 5
    synflow = 6


class Stage(Enum):
    """Which weights of a network: those that a pruning step finds, those that the dense training
    ended with, or those that it began with."""

    now = 1
    trained = 2
    initial = 3


class Scope(Enum):
    """Over what the scores of one replica compete: all its weights, or those of a layer."""

    whole = 1
    layer = 2


class Schedule(Enum):
    linear = 1
    geometric = 2
    two_stage = 3
    list = 4


class Difference(Enum):
    """What replicas differ in."""

    everything = 1
    data = 2  # the examples alone: one initialization, one order of places, one dropout


class Labels(Enum):
    """Of random inputs: random ones, or those that a random network gives."""

    random = 1
    teacher = 2


class Family(Enum):
    """Which graph a network is trained on: all edges, those that a pruned run kept, or a random
    graph that shares something with these."""

    dense = 1
    original = 2  # the pruned run's mask itself
    rewired = 3  # every node's in-degree and out-degree
    random = 4  # the number of edges of each layer
    in_degrees = 5  # how many edges lead into each node
    out_degrees = 6  # how many edges lead out of each node
    active_nodes = 7  # which nodes have edges
    redrawn = 8  # the mask itself, but not the initial weights: these are drawn anew


class Figures(Enum):
    """What is drawn at the end of a run, each by the analysis of that name."""

    transition = 1  # order parameters over density
    evolution = 2  # weights between two snapshots, evolution metric over density
    exponents = 3  # critical points and exponents of all finished runs of the study
    phase_diagram = 4  # the dropout phases of all finished runs of the study
    rewiring = 5  # the families of graphs among all finished runs of the study
    percolation = 6  # connectivity and accuracy of all finished runs of the study
    capacity = 7  # what all finished runs of the study can memorize


@dataclass
class Budget:
    rule: Rule = MISSING
    amount: int = MISSING  # updates, epochs, or (plateau) at most so many epochs
    patience: int = 3  # plateau: epochs without improvement before a replica stops
    min_improvement: float = 0.0  # plateau: relative drop of the loss that counts as one


@dataclass
class ModelConfig:
    name: str = MISSING


@dataclass
class FcConfig(ModelConfig):
    depth: int = MISSING  # layers of weights
    widths: list[int] = MISSING  # units of each hidden layer
    width: int | None = None  # one width for every hidden layer, in place of widths

    def hidden_widths(self) -> list[int]:
        return [self.width] * (self.depth - 1) if self.width is not None else list(self.widths)


@dataclass
class CnnConfig(ModelConfig):
    channels: list[int] = MISSING  # of each convolution
    widths: list[int] = MISSING  # units of each hidden linear layer


@dataclass
class DatasetConfig:
    name: str = MISSING
    train_size: int | None = None  # training examples of a replica; null: all
    # Several of them side by side, in place of train_size: a list of whole numbers. (A typed list
    # could not refer to another key, as the experiments do.)
    train_sizes: Any = None
    validation_fraction: float = 0.1  # of the training set, for early stopping
    label_noise: float = 0.0  # share of the training labels that are replaced by wrong ones


@dataclass
class GaussianConfig(DatasetConfig):
    """Random inputs, made from the run's seed."""

    side: int = 8  # inputs are side x side images of independent standard normal numbers
    num_train: int = 10000  # of which each replica has its share
    num_test: int = 2000
    num_classes: int = 2
    labels: Labels = Labels.random
    teacher_width: int = 20  # labels=teacher: its hidden units


@dataclass
class TrainingConfig:
    batch_size: int = 128
    budget: Budget = field(default_factory=Budget)
    evaluate: bool = False  # accuracy and noise correlation on the training examples, at each step


@dataclass
class OptimizerConfig:
    name: str = MISSING
    lr: float = MISSING
    weight_decay: float = 0.0


@dataclass
class AdamConfig(OptimizerConfig):
    beta1: float = 0.9
    beta2: float = 0.999


@dataclass
class SgdConfig(OptimizerConfig):
    momentum: float = 0.9


@dataclass
class PrunerConfig:
    score: Score = MISSING
    scope: Scope = Scope.whole
    schedule: Schedule = Schedule.geometric
    steps: int = MISSING
    final_density: float = MISSING
    switch_density: float = 0.02  # two_stage: where the linear steps begin
    coarse_steps: int = 20  # two_stage: geometric steps down to switch_density
    densities: list[float] | None = None  # list: the densities themselves
    finetune: Budget = field(default_factory=Budget)
    scored_on: Stage = Stage.now  # the weights that are scored
    trains_from: Stage = Stage.now  # those that train on; from initial as long as the dense ones
    rewind_update: int = 0  # trains_from=initial: the weights after so many updates
    score_examples: int = 256  # snip, grasp: training examples of a replica that a score looks at
    score_rounds: int = 100  # synflow: cuts, with new scores before each, that make up a step

    def stages(self) -> set[Stage]:
        """What has to be kept for later steps."""
        asked = set() if self.score is Score.none else {self.scored_on, self.trains_from}
        return asked - {Stage.now}


@dataclass
class TopologyConfig:
    """The initial weights of a pruned run, trained again under its mask or one like it."""

    family: Family = Family.dense
    run: str | None = None  # the pruned run's folder; null: this configuration's own, made first
    density: float = 0.01  # of the mask; the run's nearest snapshot has it
    swaps_per_edge: float = 20.0  # rewired: tried double edge swaps; active_nodes: moves of an edge
    training: Budget = field(default_factory=lambda: Budget(Rule.updates, 1000))


@dataclass
class DropoutPhaseConfig:
    num_draws: int = 1  # mask draws that an evaluation with dropout averages over

    def rates(self) -> tuple[list[float], list[float]]:
        """All p_train and all p_eval."""
        raise NotImplementedError


@dataclass
class FixedRatesConfig(DropoutPhaseConfig):
    p_train: float = 0.0
    p_eval: float = 0.0

    def rates(self) -> tuple[list[float], list[float]]:
        return [self.p_train], [self.p_eval]


@dataclass
class RateGridConfig(DropoutPhaseConfig):
    """Every replica is trained at each p_train, and each of these is evaluated at each p_eval."""

    p_train: list[float] = MISSING
    p_eval: list[float] = MISSING

    def rates(self) -> tuple[list[float], list[float]]:
        return self.p_train, self.p_eval


@dataclass
class TrainerConfig:
    accelerator: str = "auto"
    num_threads: int | None = None  # torch's CPU threads; null: torch decides
    networks_at_once: int | None = None  # more are trained in parts; null: what memory holds
    matmul_precision: str = "highest"
    options: dict[str, Any] = field(default_factory=dict)  # anything else for Lightning's Trainer


@dataclass
class LoggerConfig:
    name: str = "none"
    mode: str = "auto"  # auto: online if a key is there, else offline
    project: str | None = None  # null: the study's name
    group: str | None = None  # null: the sweep
    run_name: str | None = None  # null: the overrides of the command line
    entity: str | None = None


@dataclass
class SweepConfig:
    """What a sweep tells its runs; not for a person to set."""

    name: str | None = None
    run: str | None = None  # the id that this configuration had when the sweep began
    place: str | None = None  # which of how many runs it is


@dataclass
class PhaseScaleConfig:
    """What the scale gives to the experiments on dropout phases, which refer to it."""

    num_replicas: int = MISSING
    train_sizes: list[int] = MISSING
    updates: int = MISSING
    num_draws: int = MISSING


@dataclass
class Config:
    """One run: ``num_replicas`` replicas of one configuration."""

    study: str = "transition"
    seed: int = 0
    num_replicas: int = 8
    first_replica: int = 0
    replicas_differ_in: Difference = Difference.everything
    model: ModelConfig = MISSING
    dataset: DatasetConfig = MISSING
    training: TrainingConfig = field(default_factory=TrainingConfig)
    optimizer: OptimizerConfig = MISSING
    pruner: PrunerConfig = MISSING
    dropout_phase: DropoutPhaseConfig = MISSING
    topology: TopologyConfig = field(default_factory=TopologyConfig)
    snapshots: list[float] = field(default_factory=list)  # densities to keep weights and masks at
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    logger: LoggerConfig = field(default_factory=LoggerConfig)
    data_dir: str = "data"
    results_dir: str = "multirun"
    figures: list[Figures] = field(default_factory=lambda: [Figures.transition])  # at the end
    phase_scale: PhaseScaleConfig = field(default_factory=PhaseScaleConfig)
    sweep: SweepConfig = field(default_factory=SweepConfig)
    progress: bool = True
    checkpoint_seconds: float = 10.0  # a round that ends this long after the last one writes one


def register() -> None:
    """Put the dataclasses where the YAML's defaults lists find them."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    for group, name, node in (
        ("model", "schema_fc", FcConfig),
        ("model", "schema_cnn", CnnConfig),
        ("dataset", "schema", DatasetConfig),
        ("dataset", "schema_gaussian", GaussianConfig),
        ("optimizer", "schema_adam", AdamConfig),
        ("optimizer", "schema_sgd", SgdConfig),
        ("pruner", "schema", PrunerConfig),
        ("dropout_phase", "schema_fixed", FixedRatesConfig),
        ("dropout_phase", "schema_grid", RateGridConfig),
        ("topology", "schema", TopologyConfig),
        ("trainer", "schema", TrainerConfig),
        ("logger", "schema", LoggerConfig),
    ):
        store.store(group=group, name=name, node=node)


def schedule(config: PrunerConfig) -> list[float]:
    """The densities that the pruner's schedule asks for, falling, without the dense network's 1."""
    if config.score is Score.none:
        return []
    return kept_densities(
        config.schedule.name,
        steps=config.steps,
        final_density=config.final_density,
        switch_density=config.switch_density,
        coarse_steps=config.coarse_steps,
        densities=config.densities,
    )


def all_keys() -> list[str]:
    """Every key that any option of any group has, in dotted form."""
    nodes = {
        "model": (FcConfig, CnnConfig), "dataset": (DatasetConfig, GaussianConfig),
        "pruner": (PrunerConfig,),
        "training": (TrainingConfig,), "optimizer": (AdamConfig, SgdConfig),
        "dropout_phase": (FixedRatesConfig, RateGridConfig), "trainer": (TrainerConfig,),
        "logger": (LoggerConfig,), "training.budget": (Budget,), "pruner.finetune": (Budget,),
        "topology": (TopologyConfig,), "topology.training": (Budget,), "sweep": (SweepConfig,),
    }  # fmt: skip
    inner = {
        f"{path}.{part.name}" for path, kinds in nodes.items() for k in kinds for part in fields(k)
    }
    return sorted(inner | {part.name for part in fields(Config)})
