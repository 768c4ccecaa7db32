"""What decides a run's numbers (its physics), what does not (the machine), and the run's name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from pruning_phases.config import (
    Budget,
    Config,
    Difference,
    Family,
    FcConfig,
    GaussianConfig,
    Labels,
    PrunerConfig,
    Rule,
    Schedule,
    Score,
    Stage,
    TopologyConfig,
)

PHYSICS_VERSION = 1  # raise it when the same configuration gives other numbers than before

# What may differ between two runs with the same numbers, and so stays outside the run's identity.
MACHINE_KEYS = (
    "study", "trainer", "logger", "data_dir", "results_dir", "figures", "progress",
    "checkpoint_seconds", "phase_scale", "sweep",
)  # fmt: skip

# Keys that came after the first runs, with the values that those had.
ADDED_LATER = {
    "replicas_differ_in": Difference.everything.name, "training.evaluate": False,
    "dataset.label_noise": 0.0, "pruner.scored_on": Stage.now.name,
    "pruner.trains_from": Stage.now.name, "pruner.rewind_update": 0,
}  # fmt: skip

# What of a run's physics says which replicas it holds, and not what they are replicas of.
REPLICA_KEYS = ("seed", "num_replicas", "first_replica", "snapshots")


def without_effect(config: Config) -> set[str]:
    """The keys that decide nothing beside the others as they stand, in dotted form."""
    keys: set[str] = set()
    if config.pruner.score is Score.none:
        keys |= {f"pruner.{part.name}" for part in fields(PrunerConfig)} - {"pruner.score"}
    else:
        keys |= {f"pruner.{key}" for key in _unused_schedule_keys(config.pruner.schedule)}
        keys |= {f"pruner.{key}" for key in _unused_score_keys(config.pruner)}
    if not any(config.dropout_phase.rates()[1]):
        keys.add("dropout_phase.num_draws")
    keys.add("dataset.train_sizes" if config.dataset.train_sizes is None else "dataset.train_size")
    if isinstance(config.dataset, GaussianConfig) and config.dataset.labels is Labels.random:
        keys.add("dataset.teacher_width")
    topology = config.topology
    if topology.family is Family.dense:
        keys |= {f"topology.{part.name}" for part in fields(TopologyConfig)}
    elif topology.family not in (Family.rewired, Family.active_nodes):
        keys.add("topology.swaps_per_edge")
    for path, budget in (
        ("training.budget", config.training.budget),
        ("pruner.finetune", config.pruner.finetune),
        ("topology.training", topology.training),
    ):
        if budget.amount == 0:
            keys |= {f"{path}.rule"}
        if budget.rule is not Rule.plateau or budget.amount == 0:
            keys |= {f"{path}.patience", f"{path}.min_improvement"}
    if isinstance(config.model, FcConfig):
        keys.add("model.width" if config.model.width is None else "model.widths")
    return keys


def replaced(config: Config) -> set[str]:
    """The keys that a run on a topology takes from elsewhere, in dotted form."""
    if config.topology.family is Family.dense:
        return set()
    keys = {f"training.budget.{part.name}" for part in fields(Budget)} | {"snapshots"}
    keys |= {f"pruner.{part.name}" for part in fields(PrunerConfig)} | {"pruner"}
    return keys if config.topology.run is not None else set()


def physics(config: Config) -> dict[str, Any]:
    """Everything that decides the numbers, as JSON values; options without effect left out."""
    plain = _plain(config)
    for key in MACHINE_KEYS:
        del plain[key]
    for path in sorted(without_effect(config) | _usual(plain), reverse=True):
        node, key = _place(plain, path)
        node.pop(key, None)
    if config.topology.family is Family.dense:
        del plain["topology"]
    else:  # it stands in training.budget, where the run reads it
        del plain["topology"]["training"]
    if isinstance(config.model, FcConfig):
        plain["model"].pop("width", None)
        plain["model"]["widths"] = config.model.hidden_widths()
    return {"physics_version": PHYSICS_VERSION, **{str(key): plain[key] for key in plain}}


def _plain(value: Any) -> Any:
    """A configuration as JSON values."""
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.name if isinstance(value, Enum) else value


def _usual(plain: Any) -> set[str]:
    """The keys of ADDED_LATER that have the value which runs had before there was the key: these
    keep their names."""
    found = set()
    for path, usual in ADDED_LATER.items():
        node, key = _place(plain, path)
        if node.get(key) == usual:
            found.add(path)
    return found


def _place(plain: Any, path: str) -> tuple[dict[str, Any], str]:
    """The dictionary in which a dotted key stands (an empty one if there is none), and its name."""
    *groups, key = path.split(".")
    for group in groups:
        plain = plain.get(group, {})
    return plain, key


def pruner_name(pruner: Mapping[str, Any]) -> str:
    """The option that makes this pruner, from its part of a run's physics."""
    score, scored, trained = (
        pruner.get(key, Stage.now.name) for key in ("score", "scored_on", "trains_from")
    )
    if (scored, trained) == (Stage.now.name, Stage.now.name):
        return score
    if (scored, trained) == (Stage.initial.name, Stage.initial.name):
        return f"{score}_init" if score in (Score.magnitude.name, Score.random.name) else score
    known = {
        (Stage.trained.name, Stage.trained.name): f"{score}_after",
        (Stage.now.name, Stage.initial.name): "imp" if score == Score.magnitude.name else score,
    }
    return known.get((scored, trained), f"{score} of {scored}, trained from {trained}")


def run_id(config: Config) -> str:
    """The run's name: a hash of its physics, the same on every machine."""
    return name_of(physics(config))


def name_of(content: Any) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def machine(config: Config) -> dict[str, Any]:
    """The part of the configuration that the run's identity leaves out."""
    plain = _plain(config)
    return {key: plain[key] for key in MACHINE_KEYS}


def _unused_score_keys(pruner: PrunerConfig) -> set[str]:
    keys = {"finetune" if pruner.trains_from is Stage.initial else "rewind_update"}
    if pruner.score not in (Score.snip, Score.grasp):
        keys.add("score_examples")
    if pruner.score is not Score.synflow:
        keys.add("score_rounds")
    return keys


def _unused_schedule_keys(kind: Schedule) -> list[str]:
    used = {
        Schedule.linear: {"steps", "final_density"},
        Schedule.geometric: {"steps", "final_density"},
        Schedule.two_stage: {"steps", "final_density", "switch_density", "coarse_steps"},
        Schedule.list: {"densities"},
    }[kind]
    every = {"steps", "final_density", "switch_density", "coarse_steps", "densities"}
    return sorted(every - used)
