"""Selection of records: which runs are read, which belong together, and how they are named.

In: folders. Out: finished runs, grouped and named, and their tables pooled over replicas.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.config.identity import REPLICA_KEYS, pruner_name
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import AXES
from pruning_phases.records.run import DONE, RunRecord, find_records

if TYPE_CHECKING:
    import pandas as pd

# Parts of every name, so that they are not repeated as options in which runs differ.
IN_EVERY_NAME = (
    "model.name", "dataset.name", "pruner.score", "pruner.scored_on", "pruner.trains_from",
)  # fmt: skip


def done_runs(runs: Any) -> list[RunRecord]:
    """The finished runs under ``runs``: a folder, a glob, or a list of them."""
    found = {
        record.folder.resolve(): record
        for folder in folders_of(runs)
        for record in find_records(folder)
    }
    if not found:
        raise UserError(f"runs={runs}: no run.json in there; a run's folder holds one")
    done = [record for record in found.values() if record.state == DONE]
    if not done:
        states = ", ".join(sorted({str(record.state) for record in found.values()}))
        raise UserError(
            f"runs={runs}: none of the {len(found)} runs is done ({states}): "
            "the command that began them goes on with them"
        )
    return done


def folders_of(runs: Any) -> list[Path]:
    """The folders that ``runs`` names: one, a glob, or a list of them."""
    if not runs:
        raise UserError("runs has no value: give runs=FOLDER, such as runs=multirun/fig1")
    found: list[Path] = []
    for pattern in map(str, runs if isinstance(runs, list) else [runs]):
        places = sorted(glob.glob(str(Path(pattern).expanduser())))
        if not places:
            raise UserError(f"runs={pattern}: there is no such folder")
        found += map(Path, places)
    return found


def systems_of(records: list[RunRecord]) -> dict[str, list[RunRecord]]:
    """Runs that belong together, by name: those that differ in seed and replicas alone.

    A system is named by model, dataset and pruner, and by the options in which it differs from the
    other systems: ``fc mnist magnitude dataset.train_size=200``.
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
    """Run id -> name, by the options in which the runs differ, seed and replicas included."""
    names = _names(records, ())
    return dict(zip([record.id for record in records], names, strict=True))


def options_of(record: RunRecord) -> dict[str, Any]:
    """The physics of a run by dotted key."""
    return _flat(record.info()["physics"])


def differing_options(records: list[RunRecord], ignored: Collection[str] = ()) -> list[str]:
    """Dotted keys in which runs differ; a key that some of them lack counts as differing."""
    several = [options_of(record) for record in records]
    keys = dict.fromkeys(key for options in several for key in options)
    return [
        key
        for key in keys
        if key not in ignored and len({json.dumps(one.get(key)) for one in several}) > 1
    ]


def _names(records: list[RunRecord], ignored: Collection[str]) -> list[str]:
    several = [options_of(record) for record in records]
    differing = [
        key
        for key in differing_options(records, {*ignored, *IN_EVERY_NAME})
        if len({json.dumps(one[key]) for one in several if key in one}) > 1
    ]
    names = []
    for record, options in zip(records, several, strict=True):
        parts = [f"{key}={_shown(options[key])}" for key in differing if key in options]
        names.append(" ".join([name_of(record.info()["physics"]), *parts]))
    return [
        name if names.count(name) == 1 else f"{name} {record.id}"
        for name, record in zip(names, records, strict=True)
    ]


def name_of(physics: dict[str, Any]) -> str:
    """Model, dataset and pruner, in words."""
    pruner = pruner_name(physics["pruner"]).replace("none", "")
    words = physics["model"]["name"], physics["dataset"]["name"], pruner
    return " ".join(" ".join(words).split())


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


def pooled(records: list[RunRecord], read: Callable[[RunRecord], pd.DataFrame]) -> pd.DataFrame:
    """The same table of runs of one system, their replicas told apart by seed and number: a
    replica of one seed is the same network in every run, and counts once."""
    import pandas as pd

    tables = []
    for record in records:
        table = read(record)
        numbers = table["replica"].astype(str)
        tables.append(table.assign(replica=f"{record.info()['physics']['seed']}:" + numbers))
    whole = pd.concat(tables)
    keys = [name for name in ("replica", "step", "update", *AXES) if name in whole]
    return whole.drop_duplicates(keys)


def folder_of(records: list[RunRecord]) -> Path:
    """Folder of an analysis's results: that of its one run, or the common folder of all runs."""
    if len(records) == 1:
        return records[0].folder
    return Path(os.path.commonpath([record.folder.resolve().parent for record in records]))


def commit_of(info: dict[str, Any]) -> str:
    return ((info.get("git") or {}).get("commit") or "unknown commit")[:10]


def names_with_widths(record: RunRecord) -> tuple[str, str, str]:
    """Model with its sizes, dataset and pruner, by which runs of different experiments match."""
    model, dataset, pruner = names_of(record.info())
    options = options_of(record)
    implied = {"model.name"} | ({"model.depth"} if "model.widths" in options else set())
    sizes = [
        str(size)
        for key, value in options.items()
        if key.startswith("model.") and key not in implied
        for size in (value if isinstance(value, list) else [value])
    ]
    return f"{model} {'-'.join(sizes)}".strip(), dataset, pruner


def names_of(info: dict[str, Any]) -> tuple[str, str, str]:
    """Model, dataset and pruner of a record."""
    physics = info.get("physics", {})
    model, dataset = (str(physics.get(key, {}).get("name", "?")) for key in ("model", "dataset"))
    return model, dataset, pruner_name(physics.get("pruner", {"score": "?"}))
