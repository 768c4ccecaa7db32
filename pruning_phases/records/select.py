"""What an analysis reads: records of runs, or a table of points from anywhere."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.config.identity import REPLICA_KEYS, pruner_name
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import AXES
from pruning_phases.records.run import DONE, RunRecord, find_records

if TYPE_CHECKING:
    import pandas as pd


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
    """Runs by what they are of: those that differ in seed and replicas alone are one system."""
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        physics = {k: v for k, v in record.info()["physics"].items() if k not in REPLICA_KEYS}
        groups.setdefault(json.dumps(physics, sort_keys=True), []).append(record)
    named: dict[str, list[RunRecord]] = {}
    for members in groups.values():
        name = name_of_system(members[0].info()["physics"])
        named[name if name not in named else f"{name} {members[0].id}"] = members
    return named


def name_of_system(physics: dict[str, Any]) -> str:
    """Model, dataset and pruner, in words."""
    model = physics["model"]
    widths = "-".join(map(str, model.get("widths", [])))
    pruner = pruner_name(physics["pruner"]).replace("none", "")
    return " ".join(f"{model['name']} {widths} {physics['dataset']['name']} {pruner}".split())


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
    """Where the results of an analysis belong: in its one run, or in the folder of all of them."""
    if len(records) == 1:
        return records[0].folder
    return Path(os.path.commonpath([record.folder.resolve().parent for record in records]))


def commit_of(info: dict[str, Any]) -> str:
    return ((info.get("git") or {}).get("commit") or "unknown commit")[:10]


def names_of(info: dict[str, Any]) -> tuple[str, str, str]:
    """Model, dataset and pruner of a record."""
    physics = info.get("physics", {})
    model, dataset = (str(physics.get(key, {}).get("name", "?")) for key in ("model", "dataset"))
    return model, dataset, pruner_name(physics.get("pruner", {"score": "?"}))
