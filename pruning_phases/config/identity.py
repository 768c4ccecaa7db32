"""Identity of a run: the keys that decide its numbers (physics), the rest (machine), and its id.

In: a checked configuration. Out: JSON values and a hash. It knows nothing of files and devices.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from pruning_phases.config.enums import Stage
from pruning_phases.config.groups import Budget
from pruning_phases.config.keys import entries
from pruning_phases.config.run import Config

PHYSICS_VERSION = 2  # raise it when the same configuration gives other numbers than before

# Keys that select a run's replicas and snapshots. Runs that differ in these alone can be pooled.
REPLICA_KEYS = ("seed", "num_replicas", "first_replica", "snapshots")


def physics(config: Config) -> dict[str, Any]:
    """Keys that decide the numbers, as JSON values. Keys without effect are left out."""
    canonical = getattr(config.model, "canonical", None)
    if canonical is not None:
        config = replace(config, model=canonical())
    content: dict[str, Any] = {"physics_version": PHYSICS_VERSION}
    for entry in entries(config):
        value = _plain(entry.value)
        omitted = entry.machine or not entry.effective or value == entry.key.before
        if not omitted and not entry.is_group:
            _put(content, entry.path, value)
    if config.topology.family.is_from_run:  # it stands in training.budget
        del content["topology"]["training"]
    return content


def machine(config: Config) -> dict[str, Any]:
    """The part of the configuration that stays outside the identity."""
    return {
        entry.path: _plain(entry.value)
        for entry in entries(config)
        if entry.machine and "." not in entry.path
    }


def without_effect(config: Config) -> set[str]:
    """Dotted paths of the keys that have no effect beside the other options."""
    return {
        entry.path for entry in entries(config) if not (entry.effective or entry.is_group)
    } | _taken_from_pruned_run(config)


def _taken_from_pruned_run(config: Config) -> set[str]:
    """Dotted paths of the keys whose values a run takes from a given pruned run."""
    if not config.topology.family.is_from_run or config.topology.run is None:
        return set()
    keys = {f"training.budget.{part.name}" for part in fields(Budget)}
    keys |= {entry.path for entry in entries(config) if entry.path.startswith("pruner.")}
    return keys | {"pruner", "snapshots"}


def run_id(config: Config) -> str:
    """Hash of the run's physics, the same on every machine."""
    return hash_of(physics(config))


def system_id(physics: Mapping[str, Any]) -> str:
    """Hash of a run's physics, the same for runs that differ in their replicas and snapshots."""
    return hash_of({key: value for key, value in physics.items() if key not in REPLICA_KEYS})


def hash_of(content: Any) -> str:
    """Hash of JSON values: twelve hexadecimal digits."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def pruner_name(pruner: Mapping[str, Any]) -> str:
    """Name of the option of the group ``pruner`` that has this part of a run's physics."""
    now, trained, initial = Stage.now.name, Stage.trained.name, Stage.initial.name
    score = str(pruner.get("score", "?"))
    stages = pruner.get("scored_on", now), pruner.get("trains_from", now)
    if stages == (now, now):
        return score
    if pruner.get("regrow"):
        return "rigl" if score == "random" else f"{score}, regrown"
    if stages == (initial, initial):
        return f"{score}_init" if score in ("magnitude", "random") else score
    if stages == (trained, trained):
        return f"{score}_one_shot"
    if stages == (now, initial):
        return "imp" if score == "magnitude" else f"{score}_rewound"
    return f"{score} of {stages[0]}, trained from {stages[1]}"


def option_name(part: Mapping[str, Any]) -> str:
    """Return the name of a model or data set by its part of a run's physics.

    The name of a user's own is its import path.
    """
    name = str(part.get("name", "?"))
    return str(part.get("build", part.get("load", name))) if name == "custom" else name


def _plain(value: Any) -> Any:
    """Convert a value of a configuration to JSON values."""
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.name if isinstance(value, Enum) else value


def _put(content: dict[str, Any], path: str, value: Any) -> None:
    *groups, name = path.split(".")
    for group in groups:
        content = content.setdefault(group, {})
    content[name] = value
