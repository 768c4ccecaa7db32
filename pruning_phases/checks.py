"""What the types of the configuration cannot refuse: unknown keys slipped in with ``+``, values out
of range, and combinations that contradict each other. Everything is refused before anything runs,
in one line that names the key and the cure."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pruning_phases.config import (
    AdamConfig,
    CnnConfig,
    Config,
    DatasetConfig,
    Difference,
    Family,
    FcConfig,
    Figures,
    GaussianConfig,
    LoggerConfig,
    ModelConfig,
    OptimizerConfig,
    PrunerConfig,
    RateGridConfig,
    Rule,
    Schedule,
    Score,
    SgdConfig,
    Stage,
    schedule,
)
from pruning_phases.errors import UserError

# Options of Lightning's Trainer that would change the numbers behind the run id's back.
DECIDING_TRAINER_OPTIONS = {
    "accelerator", "accumulate_grad_batches", "callbacks", "fast_dev_run",
    "gradient_clip_algorithm", "gradient_clip_val", "limit_train_batches", "logger", "max_epochs",
    "max_steps", "max_time",
    "min_epochs", "min_steps", "overfit_batches", "plugins", "precision",
    "reload_dataloaders_every_n_epochs",
}  # fmt: skip


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
    _check_topology(config)
    _check_rates(config)
    _check_figures(config)
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
        "dataset": {
            DatasetConfig: ["digits", "mnist", "kmnist", "fashion_mnist"],
            GaussianConfig: ["gaussian"],
        },
        "optimizer": {AdamConfig: ["adam"], SgdConfig: ["sgd"]},
        "logger": {LoggerConfig: ["none", "wandb"]},
    }
    for group, names in options.items():
        node = getattr(config, group)
        if node.name not in names[type(node)]:
            raise UserError(f"{group}.name={node.name}: choose the option itself, {group}=NAME")


def _at_least(path: str, node: Any, **bounds: int) -> None:
    for key, least in bounds.items():
        if getattr(node, key) < least:
            raise UserError(f"{path}{key}={getattr(node, key)}: give {least} or more")


def _check_counts(config: Config) -> None:
    _at_least("", config, num_replicas=1, first_replica=0, seed=0)
    _at_least("training.", config.training, batch_size=1)
    _at_least("training.budget.", config.training.budget, amount=1, patience=1)
    _at_least("pruner.finetune.", config.pruner.finetune, amount=0, patience=1)
    _at_least("topology.training.", config.topology.training, amount=1, patience=1)
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
        ("topology.training", config.topology.training),
    ):
        if not 0 <= budget.min_improvement < 1:
            raise UserError(
                f"{path}.min_improvement={budget.min_improvement}: give a number from 0 to below 1"
            )
    finetunes = config.pruner.score is not Score.none and config.pruner.finetune.amount > 0
    rules = [config.training.budget.rule] + [config.pruner.finetune.rule] * finetunes
    if config.topology.family is not Family.dense:
        rules.append(config.topology.training.rule)
    if len(config.dataset.train_sizes or []) > 1 and Rule.epochs in rules:
        raise UserError(
            "dataset.train_sizes: an epoch is that of the largest set, so the rule epochs would "
            "train small sets for longer than alone: choose the rule updates or plateau"
        )
    if config.replicas_differ_in is Difference.data and not (
        config.dataset.train_sizes or config.dataset.train_size
    ):
        raise UserError(
            "replicas_differ_in=data: with all examples no replica differs from another: give "
            "dataset.train_size"
        )
    if not 0 <= config.dataset.label_noise < 1:
        raise UserError(
            f"dataset.label_noise={config.dataset.label_noise}: give a share from 0 to below 1"
        )
    if isinstance(config.dataset, GaussianConfig):
        sizes = {"side": 1, "num_train": 2, "num_test": 1, "num_classes": 2, "teacher_width": 1}
        _at_least("dataset.", config.dataset, **sizes)
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
    if pruner.score_examples < 1 and pruner.score in (Score.snip, Score.grasp):
        raise UserError(
            f"pruner.score_examples={pruner.score_examples}: {pruner.score.name} scores weights by "
            "training examples: give 1 or more"
        )
    _at_least("pruner.", pruner, score_examples=1, score_rounds=1, rewind_update=0)
    if pruner.trains_from is Stage.now and pruner.scored_on is not Stage.now:
        raise UserError(
            f"pruner.scored_on={pruner.scored_on.name}: networks that train on from where they are "
            "are scored there; choose pruner.trains_from=initial or trained"
        )
    if pruner.rewind_update and pruner.scored_on is Stage.initial:
        raise UserError(
            f"pruner.rewind_update={pruner.rewind_update}: weights scored at initialization train "
            "from there; leave it at 0"
        )
    if pruner.densities is not None and pruner.schedule is not Schedule.list:
        raise UserError(
            f"pruner.densities is read by pruner.schedule=list alone, and the schedule is "
            f"{pruner.schedule.name}: add pruner.schedule=list, or leave the densities out"
        )


def _check_figures(config: Config) -> None:
    sizes = len(config.dataset.train_sizes or [])
    if Figures.phase_diagram in config.figures and (sizes < 3 or config.num_replicas < 2):
        raise UserError(
            f"figures=[phase_diagram] needs dataset.train_sizes=[A,B,C] or more and two replicas, "
            f"not {sizes} and {config.num_replicas}: give those, or figures=[]"
        )


def _check_topology(config: Config) -> None:
    topology = config.topology
    if topology.family is Family.dense:
        return
    if not 0 < topology.density <= 1:
        raise UserError(f"topology.density={topology.density}: give a number above 0, at most 1")
    if not 0 < topology.swaps_per_edge < math.inf:
        raise UserError(f"topology.swaps_per_edge={topology.swaps_per_edge}: give a number above 0")
    if topology.run == "":
        raise UserError("topology.run is empty: give a pruned run's folder, or null")
    if topology.run is None and config.pruner.score is Score.none:
        raise UserError(
            "topology.run has no value: give a pruned run's folder, or a pruner (such as "
            "pruner=magnitude) that makes one first"
        )
    if topology.run is not None:
        return
    lowest = min(schedule(config.pruner), default=1.0)
    if topology.density < lowest:
        raise UserError(
            f"topology.density={topology.density}: the schedule goes down to {lowest:.6g} only"
        )
    if config.snapshots and topology.density not in config.snapshots:
        raise UserError(
            f"topology.density={topology.density}: not among snapshots={config.snapshots}: add it"
        )
    if len(config.dropout_phase.rates()[0]) > 1 or len(config.dataset.train_sizes or []) > 1:
        raise UserError(
            f"topology={topology.family.name}: the pruned run that is made first holds one p_train "
            "and one training-set size: leave dropout_phase=grid and dataset.train_sizes out"
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
    _at_least("dropout_phase.", config.dropout_phase, num_draws=1)
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
