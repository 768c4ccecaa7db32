"""Groups of runs, and their names: the options in which they differ.

In: records. Out: names, and the runs under each name. Every table, figure and result uses these.
"""

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from pruning_phases.config.enums import Schedule
from pruning_phases.config.identity import REPLICA_KEYS, option_name, pruner_name
from pruning_phases.records.run import RunRecord

# Parts of every name, so that they are not repeated as options in which runs differ.
IN_EVERY_NAME = (
    "model.name", "model.build", "dataset.name", "dataset.load",
    "pruner.score", "pruner.scored_on", "pruner.trains_from",
)  # fmt: skip


def systems_of(records: list[RunRecord]) -> dict[str, list[RunRecord]]:
    """Group runs that differ only in seed and replicas, by name.

    The name is made of model, dataset, pruner, and the options in which the systems differ:
    ``fc mnist magnitude dataset.train_size=200``.
    """
    return groups_of(records, REPLICA_KEYS)


def groups_of(records: list[RunRecord], ignored: Collection[str]) -> dict[str, list[RunRecord]]:
    """Group runs that agree in all options but the ignored keys; name the groups as systems are."""
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        shared = {key: value for key, value in options_of(record).items() if key not in ignored}
        groups.setdefault(json.dumps(shared, sort_keys=True), []).append(record)
    names = _names([members[0] for members in groups.values()], ignored)
    return dict(zip(names, groups.values(), strict=True))


def run_names(records: list[RunRecord]) -> dict[str, str]:
    """Return run id -> name. It holds the options in which the runs differ, such as the seed."""
    names = _names(records, ())
    return dict(zip([record.id for record in records], names, strict=True))


def options_of(record: RunRecord) -> dict[str, Any]:
    """Return the physics of a run by dotted key."""
    return _flat(record.info()["physics"])


def options_of_size(record: RunRecord) -> dict[str, Any]:
    """Return the physics by dotted key, to compare networks of different sizes.

    How far a network is pruned depends on its size. Of a geometric schedule, the fraction that is
    kept in a step takes the place of the final density and of the number of steps.
    """
    options = options_of(record)
    if options.get("pruner.schedule") == Schedule.geometric.name:
        final, steps = options.pop("pruner.final_density"), options.pop("pruner.steps")
        options["pruner.kept_in_a_step"] = round(final ** (1 / steps), 2)
    return options


def differing_options(several: list[dict[str, Any]], ignored: Collection[str] = ()) -> list[str]:
    """Return the keys in which options differ; a key that only some of them have is one."""
    keys = dict.fromkeys(key for options in several for key in options)
    return [
        key
        for key in keys
        if key not in ignored and len({json.dumps(one.get(key)) for one in several}) > 1
    ]


def _names(records: list[RunRecord], ignored: Collection[str]) -> list[str]:
    physics = [record.info()["physics"] for record in records]
    several = [_flat(one) for one in physics]
    differing = [
        key
        for key in differing_options(several, {*ignored, *IN_EVERY_NAME})
        if len({json.dumps(one[key]) for one in several if key in one}) > 1
    ]
    names = []
    for one, options in zip(physics, several, strict=True):
        parts = [f"{key}={_shown(options[key])}" for key in differing if key in options]
        own = [name for name in names_of({"physics": one}) if name != "none"]
        names.append(" ".join([*own, *parts]))
    counts = Counter(names)
    return [
        name if counts[name] == 1 else f"{name} {record.id}"
        for name, record in zip(names, records, strict=True)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, separators=(",", ":")).replace('"', "")


def _flat(node: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(node, dict):
        return {path: node}
    return {
        key: value
        for name, child in node.items()
        for key, value in _flat(child, f"{path}.{name}" if path else name).items()
    }


def commit_of(info: dict[str, Any]) -> str:
    """Return the commit of the process that ended the run."""
    *_, last = info.get("segments") or [{}]
    commit = (last.get("git") or {}).get("commit")
    return str(commit)[:10] if commit else "unknown commit"


def names_with_widths(record: RunRecord) -> tuple[str, str, str]:
    """Return model with its sizes, dataset and pruner, to match runs of different experiments."""
    model, dataset, pruner = names_of(record.info())
    options = options_of(record)
    implied = {"model.name", "model.build"}
    implied |= {"model.depth"} if "model.widths" in options else set()
    sizes = [
        str(size)
        for key, value in options.items()
        if key.startswith("model.") and key not in implied
        for size in (value if isinstance(value, list) else [value])
    ]
    return f"{model} {'-'.join(sizes)}".strip(), dataset, pruner


def names_of(info: dict[str, Any]) -> tuple[str, str, str]:
    """Return the names of model, dataset and pruner of a record."""
    physics = info.get("physics", {})
    model, dataset = (option_name(physics.get(key, {})) for key in ("model", "dataset"))
    return model, dataset, pruner_name(physics.get("pruner", {"score": "?"}))
