"""The configuration's shape: the only file that knows what the YAML of ``conf/`` looks like.

Hydra composes the YAML over these dataclasses, so a misspelt key or a value of the wrong type is
refused before anything runs; ``check`` refuses what types cannot: unknown keys slipped in with
``+``, and combinations that contradict each other.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from pruning_phases.errors import UserError
from pruning_phases.pruning.schedules import kept_densities

PHYSICS_VERSION = 1  # raise it when the same configuration gives other numbers than before

# What may differ between two runs with the same numbers, and so stays outside the run's identity.
MACHINE_KEYS = (
    "study", "trainer", "logger", "data_dir", "results_dir", "figures", "progress",
    "checkpoint_seconds", "phase_scale",
)  # fmt: skip


# Options of Lightning's Trainer that would change the numbers behind the run id's back.
DECIDING_TRAINER_OPTIONS = {
    "accelerator", "accumulate_grad_batches", "callbacks", "fast_dev_run",
    "gradient_clip_algorithm", "gradient_clip_val", "limit_train_batches", "logger", "max_epochs",
    "max_steps", "max_time",
    "min_epochs", "min_steps", "overfit_batches", "plugins", "precision",
    "reload_dataloaders_every_n_epochs",
}  # fmt: skip


class Rule(Enum):
    """What ends a training: a number of updates, of epochs, or a loss that stops improving."""

    updates = 1
    epochs = 2
    plateau = 3


class Score(Enum):
    none = 1
    magnitude = 2
    random = 3


class Scope(Enum):
    """Over what the scores of one replica compete: all its weights, or those of a layer."""

    whole = 1
    layer = 2


class Schedule(Enum):
    linear = 1
    geometric = 2
    two_stage = 3
    list = 4


class Figures(Enum):
    """What is drawn at the end of a run, each by the analysis of that name."""

    transition = 1  # order parameters over density
    evolution = 2  # weights between two snapshots, evolution metric over density
    exponents = 3  # critical points and exponents of all finished runs of the study
    phase_diagram = 4  # the dropout phases of all finished runs of the study


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


@dataclass
class TrainingConfig:
    batch_size: int = 128
    budget: Budget = field(default_factory=Budget)


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
    model: ModelConfig = MISSING
    dataset: DatasetConfig = MISSING
    training: TrainingConfig = field(default_factory=TrainingConfig)
    optimizer: OptimizerConfig = MISSING
    pruner: PrunerConfig = MISSING
    dropout_phase: DropoutPhaseConfig = MISSING
    snapshots: list[float] = field(default_factory=list)  # densities to keep weights and masks at
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    logger: LoggerConfig = field(default_factory=LoggerConfig)
    data_dir: str = "data"
    results_dir: str = "multirun"
    figures: list[Figures] = field(default_factory=lambda: [Figures.transition])  # at the end
    phase_scale: PhaseScaleConfig = field(default_factory=PhaseScaleConfig)
    progress: bool = True
    checkpoint_seconds: float = 10.0  # a step that ends this long after the last one writes one


def register() -> None:
    """Put the dataclasses where the YAML's defaults lists find them."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    for group, name, node in (
        ("model", "schema_fc", FcConfig),
        ("model", "schema_cnn", CnnConfig),
        ("dataset", "schema", DatasetConfig),
        ("optimizer", "schema_adam", AdamConfig),
        ("optimizer", "schema_sgd", SgdConfig),
        ("pruner", "schema", PrunerConfig),
        ("dropout_phase", "schema_fixed", FixedRatesConfig),
        ("dropout_phase", "schema_grid", RateGridConfig),
        ("trainer", "schema", TrainerConfig),
        ("logger", "schema", LoggerConfig),
    ):
        store.store(group=group, name=name, node=node)


def check(composed: DictConfig) -> Config:
    """The typed configuration, or a UserError that names the key and the cure."""
    refuse_unknown(composed, "")
    missing = sorted(OmegaConf.missing_keys(composed))
    if missing:
        raise UserError(f"{missing[0]} has no value: choose an option of its group, or give one")
    config = OmegaConf.to_object(composed)
    assert isinstance(config, Config)
    config.snapshots = sorted(set(config.snapshots), reverse=True)
    if config.dataset.train_sizes is not None:
        config.dataset.train_sizes = _whole_numbers(
            "dataset.train_sizes", config.dataset.train_sizes
        )
    if isinstance(config.dropout_phase, RateGridConfig):
        for rates in config.dropout_phase.rates():
            rates[:] = sorted(set(rates))
    _check_names(config)
    _check_counts(config)
    _check_model(config.model)
    _check_pruner(config.pruner)
    _check_optimizer(config.optimizer)
    _check_rates(config)
    return config


def _whole_numbers(key: str, given: Any) -> list[int]:
    """Ascending, each once; a UserError if they are no whole numbers of 1 or more."""
    if (
        not isinstance(given, list)
        or not given
        or any(type(size) is not int or size < 1 for size in given)
    ):
        raise UserError(f"{key}={given}: give a list of whole numbers of 1 or more, or null")
    return sorted(set(given))


def without_effect(config: Config) -> set[str]:
    """The keys that decide nothing beside the others as they stand, in dotted form."""
    keys: set[str] = set()
    if config.pruner.score is Score.none:
        keys |= {f"pruner.{part.name}" for part in fields(PrunerConfig)} - {"pruner.score"}
    else:
        keys |= {f"pruner.{key}" for key in _unused_schedule_keys(config.pruner.schedule)}
    if not any(config.dropout_phase.rates()[1]):
        keys.add("dropout_phase.num_draws")
    keys.add("dataset.train_sizes" if config.dataset.train_sizes is None else "dataset.train_size")
    for path, budget in (
        ("training.budget", config.training.budget),
        ("pruner.finetune", config.pruner.finetune),
    ):
        if budget.amount == 0:
            keys |= {f"{path}.rule"}
        if budget.rule is not Rule.plateau or budget.amount == 0:
            keys |= {f"{path}.patience", f"{path}.min_improvement"}
    if isinstance(config.model, FcConfig):
        keys.add("model.width" if config.model.width is None else "model.widths")
    return keys


def physics(config: Config) -> dict[str, Any]:
    """Everything that decides the numbers, as JSON values; options without effect left out."""
    plain = OmegaConf.to_container(OmegaConf.structured(config), enum_to_str=True)
    assert isinstance(plain, dict)
    for key in MACHINE_KEYS:
        del plain[key]
    for path in sorted(without_effect(config), reverse=True):
        *groups, key = path.split(".")
        node: Any = plain
        for group in groups:
            node = node.get(group, {})
        node.pop(key, None)
    if isinstance(config.model, FcConfig):
        plain["model"].pop("width", None)
        plain["model"]["widths"] = config.model.hidden_widths()
    return {"physics_version": PHYSICS_VERSION, **{str(key): plain[key] for key in plain}}


def run_id(config: Config) -> str:
    """The run's name: a hash of its physics, the same on every machine."""
    canonical = json.dumps(physics(config), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def machine(config: Config) -> dict[str, Any]:
    """The part of the configuration that the run's identity leaves out."""
    plain = OmegaConf.to_container(OmegaConf.structured(config), enum_to_str=True)
    assert isinstance(plain, dict)
    return {key: plain[key] for key in MACHINE_KEYS}


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


def _unused_schedule_keys(kind: Schedule) -> list[str]:
    used = {
        Schedule.linear: {"steps", "final_density"},
        Schedule.geometric: {"steps", "final_density"},
        Schedule.two_stage: {"steps", "final_density", "switch_density", "coarse_steps"},
        Schedule.list: {"densities"},
    }[kind]
    every = {"steps", "final_density", "switch_density", "coarse_steps", "densities"}
    return sorted(every - used)


def refuse_unknown(node: Any, path: str) -> None:
    """Keys added with ``+`` pass Hydra's schema; dictionaries meant to be open stay open."""
    if not isinstance(node, DictConfig):
        return
    kind = OmegaConf.get_type(node)
    if is_dataclass(kind):
        known = {entry.name for entry in fields(kind)}
        for key in map(str, node):
            if key not in known:
                raise UserError(
                    f"{path}{key}: no such key; {path.rstrip('.') or 'the configuration'} has "
                    + ", ".join(sorted(known))
                )
        for key in map(str, node):
            if not OmegaConf.is_missing(node, key):
                refuse_unknown(node[key], f"{path}{key}.")


def _check_names(config: Config) -> None:
    """A group's option decides the kind of its keys; its name must be that option's."""
    options: dict[str, dict[type, list[str]]] = {
        "model": {FcConfig: ["fc"], CnnConfig: ["cnn"]},
        "dataset": {DatasetConfig: ["digits", "mnist", "kmnist", "fashion_mnist"]},
        "optimizer": {AdamConfig: ["adam"], SgdConfig: ["sgd"]},
        "logger": {LoggerConfig: ["none", "wandb"]},
    }
    for group, names in options.items():
        node = getattr(config, group)
        if node.name not in names[type(node)]:
            raise UserError(f"{group}.name={node.name}: choose the option itself, {group}=NAME")


def _check_counts(config: Config) -> None:
    at_least = {
        "num_replicas": (config.num_replicas, 1),
        "first_replica": (config.first_replica, 0),
        "seed": (config.seed, 0),
        "training.batch_size": (config.training.batch_size, 1),
        "training.budget.amount": (config.training.budget.amount, 1),
        "training.budget.patience": (config.training.budget.patience, 1),
        "pruner.finetune.amount": (config.pruner.finetune.amount, 0),
        "pruner.finetune.patience": (config.pruner.finetune.patience, 1),
    }
    for key, (value, least) in at_least.items():
        if value < least:
            raise UserError(f"{key}={value}: give {least} or more")
    threads = config.trainer.num_threads
    if threads is not None and threads < 1:
        raise UserError(f"trainer.num_threads={threads}: give 1 or more, or null")
    at_once = config.trainer.networks_at_once
    if at_once is not None and at_once < 1:
        raise UserError(f"trainer.networks_at_once={at_once}: give 1 or more, or null")
    if config.dataset.train_size is not None and config.dataset.train_size < 1:
        raise UserError(f"dataset.train_size={config.dataset.train_size}: give 1 or more, or null")
    for path, budget in (
        ("training.budget", config.training.budget),
        ("pruner.finetune", config.pruner.finetune),
    ):
        if not 0 <= budget.min_improvement < 1:
            raise UserError(
                f"{path}.min_improvement={budget.min_improvement}: give a number from 0 to below 1"
            )
    finetunes = config.pruner.score is not Score.none and config.pruner.finetune.amount > 0
    rules = [config.training.budget.rule] + [config.pruner.finetune.rule] * finetunes
    if len(config.dataset.train_sizes or []) > 1 and Rule.epochs in rules:
        raise UserError(
            "dataset.train_sizes: an epoch is that of the largest set, so the rule epochs would "
            "train small sets for longer than alone: choose the rule updates or plateau"
        )
    if not 0 < config.dataset.validation_fraction < 1:
        raise UserError(
            f"dataset.validation_fraction={config.dataset.validation_fraction}: "
            "give a number between 0 and 1"
        )


def _check_model(model: ModelConfig) -> None:
    sizes: list[int] = []
    if isinstance(model, FcConfig):
        if model.depth < 1:
            raise UserError(f"model.depth={model.depth}: give 1 layer of weights or more")
        sizes = model.hidden_widths()
        if len(sizes) != model.depth - 1:
            raise UserError(
                f"model.widths={sizes}: a net of model.depth={model.depth} layers has "
                f"{model.depth - 1} hidden layers; give {model.depth - 1} widths, "
                f"or model.depth={len(sizes) + 1}"
            )
    elif isinstance(model, CnnConfig):
        sizes = [*model.channels, *model.widths]
        if not model.channels:
            raise UserError("model.channels=[]: give one channel count or more, or take model=fc")
    if any(size < 1 for size in sizes):
        raise UserError(f"model: widths and channels are 1 or more, not {sizes}")


def _check_pruner(pruner: PrunerConfig) -> None:
    if pruner.score is Score.none:
        return
    schedule(pruner)
    if pruner.densities is not None and pruner.schedule is not Schedule.list:
        raise UserError(
            f"pruner.densities is read by pruner.schedule=list alone, and the schedule is "
            f"{pruner.schedule.name}: add pruner.schedule=list, or leave the densities out"
        )


def _check_optimizer(optimizer: OptimizerConfig) -> None:
    if not 0 < optimizer.lr < math.inf:
        raise UserError(f"optimizer.lr={optimizer.lr}: give a number above 0")
    if not 0 <= optimizer.weight_decay < math.inf:
        raise UserError(f"optimizer.weight_decay={optimizer.weight_decay}: give 0 or more")
    for key in ("beta1", "beta2", "momentum"):
        value = getattr(optimizer, key, 0.0)
        if not 0 <= value < 1:
            raise UserError(f"optimizer.{key}={value}: give a number from 0 to below 1")


def _check_rates(config: Config) -> None:
    for key, rates in zip(("p_train", "p_eval"), config.dropout_phase.rates(), strict=True):
        if not rates:
            raise UserError(f"dropout_phase.{key}=[]: give one rate or more")
        for rate in rates:
            if not 0 <= rate < 1:
                raise UserError(
                    f"dropout_phase.{key}={rate}: a dropout rate is at least 0 and below 1 "
                    "(at 1 nothing is left to scale up)"
                )
    if config.dropout_phase.num_draws < 1:
        raise UserError(f"dropout_phase.num_draws={config.dropout_phase.num_draws}: give 1 or more")
    lowest = min(schedule(config.pruner), default=1.0)
    for density in config.snapshots:
        if not lowest <= density <= 1:
            raise UserError(
                f"snapshots: density {density} is not met; the schedule goes from 1 to {lowest:.6g}"
            )
    if config.logger.mode not in ("auto", "online", "offline"):
        raise UserError(f"logger.mode={config.logger.mode}: choose auto, online or offline")
    deciding = sorted(DECIDING_TRAINER_OPTIONS & set(config.trainer.options))
    if deciding:
        raise UserError(
            f"trainer.options.{deciding[0]} would decide what the run computes or how long it goes "
            "on, which training.budget, pruner and num_replicas do here: leave it out"
        )
    if config.trainer.matmul_precision not in ("highest", "high", "medium"):
        raise UserError(
            f"trainer.matmul_precision={config.trainer.matmul_precision}: "
            "choose highest, high or medium"
        )


def all_keys() -> list[str]:
    """Every key that any option of any group has, in dotted form."""
    nodes = {
        "model": (FcConfig, CnnConfig), "dataset": (DatasetConfig,), "pruner": (PrunerConfig,),
        "training": (TrainingConfig,), "optimizer": (AdamConfig, SgdConfig),
        "dropout_phase": (FixedRatesConfig, RateGridConfig), "trainer": (TrainerConfig,),
        "logger": (LoggerConfig,), "training.budget": (Budget,), "pruner.finetune": (Budget,),
    }  # fmt: skip
    inner = {
        f"{path}.{part.name}" for path, kinds in nodes.items() for k in kinds for part in fields(k)
    }
    return sorted(inner | {part.name for part in fields(Config)})
