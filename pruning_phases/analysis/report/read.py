"""Studies below the folders of a report: their runs by state, and the results of their analyses."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pruning_phases.errors import UserError
from pruning_phases.observables.registry import remember
from pruning_phases.records.run import DONE, FAILED, RunRecord
from pruning_phases.records.select import folders_of
from pruning_phases.records.states import DAMAGED, RunState, SweepState, states


@dataclass(frozen=True)
class Study:
    """Runs of one folder. ``name``: its path below the folder that all studies share."""

    name: str
    folder: Path
    runs: list[RunState]
    done: list[RunRecord] = field(default_factory=list)
    unfinished: list[RunRecord] = field(default_factory=list)

    @property
    def failed(self) -> list[RunState]:
        return [run for run in self.runs if run.state in (FAILED, DAMAGED)]


def read_studies(runs: Any) -> list[Study]:
    """Read the studies under ``runs``, by folder. Raises UserError if there is no run."""
    found, sweeps = states(folders_of(runs), verify=False)
    if not found:
        raise UserError(f"runs={runs}: there is no run: a run's folder holds run.json")
    by_folder: dict[Path, list[RunState]] = {}
    for run in found:
        by_folder.setdefault(_folder_of_study(run, found, sweeps), []).append(run)
    shared = _shared(list(by_folder))
    studies = []
    for folder, own in sorted(by_folder.items()):
        name = folder.name if folder == shared else str(folder.relative_to(shared))
        studies.append(_study(name, folder, own))
    return studies


def _folder_of_study(run: RunState, found: list[RunState], sweeps: list[SweepState]) -> Path:
    """Folder of a run's study. That of a run that has not begun follows from its sweep's others."""
    if run.folder is not None:
        return run.folder.absolute().parent
    others = [other for sweep in sweeps if run in sweep.runs for other in sweep.runs] + found
    for other in others:
        if other.folder is not None:
            results_dir = other.folder.absolute().parent.parent
            return results_dir / run.study
    return Path(run.study).absolute()


def _study(name: str, folder: Path, runs: list[RunState]) -> Study:
    study = Study(name, folder, runs)
    for run in runs:
        if run.folder is None or run.run is None or run.state == DAMAGED:
            continue
        record = RunRecord(run.folder.parent.parent, run.folder.parent.name, run.folder.name)
        with suppress(TypeError, KeyError):  # facts that are no observable's
            remember(record.info().get("observables") or [])
        (study.done if run.state == DONE else study.unfinished).append(record)
    return study


def common_folder(studies: list[Study]) -> Path:
    """Return the folder that holds all studies: that of the study if there is one."""
    return _shared([study.folder for study in studies])


def _shared(folders: list[Path]) -> Path:
    return Path(os.path.commonpath(folders))


def read_json(path: Path) -> Any:
    """Return the content of a file of results; None if there is none. Raises UserError."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path.name} is unreadable ({type(error).__name__}): run its analysis again"
        ) from error
