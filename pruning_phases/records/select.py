"""Selection of records: the runs to read.

In: folders. Out: finished runs, and their tables pooled over replicas.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.errors import UserError
from pruning_phases.file_path import matching
from pruning_phases.observables.registry import AXES
from pruning_phases.records.run import DONE, RunRecord, find_records

if TYPE_CHECKING:
    import pandas as pd


def all_runs(runs: Any) -> list[RunRecord]:
    """Return the runs under ``runs``, in any state: a folder, a glob, or a list of them."""
    found = {
        record.folder.resolve(): record
        for folder in folders_of(runs)
        for record in find_records(folder)
    }
    if not found:
        raise UserError(f"runs={runs}: there is no run.json; a run's folder holds one")
    return list(found.values())


def done_runs(runs: Any) -> list[RunRecord]:
    """Return the finished runs under ``runs``: a folder, a glob, or a list of them."""
    found = all_runs(runs)
    done = [record for record in found if record.state == DONE]
    if not done:
        raise none_done(runs, found)
    return done


def none_done(runs: Any, found: list[RunRecord]) -> UserError:
    """Return the error that none of the runs found is done."""
    states = ", ".join(sorted({str(record.state) for record in found}))
    return UserError(
        f"runs={runs}: none of the {len(found)} runs is done ({states}): "
        "the command that began them resumes them"
    )


def folders_of(runs: Any) -> list[Path]:
    """Return the folders that ``runs`` names: one, a glob, or a list of them."""
    if not runs:
        raise UserError("runs has no value: give runs=FOLDER, such as runs=multirun/fig1")
    found: list[Path] = []
    for pattern in map(str, runs if isinstance(runs, list) else [runs]):
        matches = matching(pattern)
        if not matches:
            raise UserError(f"runs={pattern}: there is no such folder")
        found += matches
    return found


def pooled(records: list[RunRecord], read: Callable[[RunRecord], pd.DataFrame]) -> pd.DataFrame:
    """Pool a table over the runs of one system, with replicas named ``SEED:NUMBER``.

    A replica of one seed is the same network in every run, and counts once.
    """
    import pandas as pd

    _refuse_several_data(records)
    tables = []
    for record in records:
        table = read(record)
        numbers = table["replica"].astype(str)
        tables.append(table.assign(replica=f"{record.info()['physics']['seed']}:" + numbers))
    whole = pd.concat(tables)
    keys = [name for name in ("replica", "step", "update", *AXES) if name in whole]
    return whole.drop_duplicates(keys)


def _refuse_several_data(records: list[RunRecord]) -> None:
    """Raise UserError if runs of one system read different data from files.

    Data that depend on the seed, as label noise does, differ from run to run.
    """
    first: tuple[str, str] | None = None
    for record in records:
        info = record.info()
        data, dataset = info.get("data", {}), info["physics"].get("dataset", {})
        if not data.get("files") or dataset.get("label_noise"):
            continue
        first = first or (record.id, data["digest"])
        if data["digest"] != first[1]:
            raise UserError(
                f"runs {first[0]} and {record.id} were made with different data (digests "
                f"{first[1]} and {data['digest']}): give runs of one of them"
            )


def folder_of(records: list[RunRecord]) -> Path:
    """Return the folder for an analysis of these runs: that of the one run, or their common one."""
    if len(records) == 1:
        return records[0].folder
    return Path(os.path.commonpath([record.folder.resolve().parent for record in records]))
