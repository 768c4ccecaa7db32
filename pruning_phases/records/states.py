"""States of runs and sweeps, read from their records.

In: folders. Out: the state of every run in them and of every run that their sweeps name.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from pruning_phases.errors import UserError, last_line
from pruning_phases.records.names import run_names
from pruning_phases.records.run import DONE, FAILED, RUNNING, RunRecord, find_records
from pruning_phases.records.sweep import SweepRecord, sweeps_of

INTERRUPTED, MISSING, DAMAGED = "interrupted", "missing", "damaged"
STATES = (DONE, RUNNING, INTERRUPTED, FAILED, DAMAGED, MISSING)


@dataclass(frozen=True)
class RunState:
    """State of one run.

    interrupted: no process makes it, and its sweep's command resumes it. missing: named by a sweep
    and not begun. damaged: unreadable, or its files have changed since it ended.
    """

    study: str
    run: str | None
    state: str
    what: str = ""  # name among the runs of its study; of a missing run, the overrides of its job
    fraction_done: float | None = None  # of its updates
    seconds_left: float | None = None
    host: str | None = None
    error: str | None = None
    folder: Path | None = None
    asked: str | None = None  # id that its sweep asked for, if the run has another one


@dataclass(frozen=True)
class SweepState:
    name: str
    command: list[str]
    launched: str
    runs: list[RunState]


def states(folders: Sequence[Path], verify: bool) -> tuple[list[RunState], list[SweepState]]:
    """Return the states of all runs in some folders, and of the sweeps with a run in there.

    The runs include those that the sweeps name and that have not begun.
    """
    records = {record.folder: record for folder in folders for record in find_records(folder)}
    found: dict[Path, RunState] = {}
    for _, of_study in groupby(sorted(records.values(), key=_study), _study):
        found |= states_of(of_study, verify)
    sweeps = []
    for sweep in sweeps_of([folder.absolute() for folder in folders]):
        content = sweep.read()
        studies = {(sweep.results_dir / run["study"]).absolute() for run in content["runs"]}
        asked_for = any(
            study.is_relative_to(folder.absolute()) for study in studies for folder in folders
        )
        if asked_for or any(folder.parent in studies for folder in found):
            sweeps.append(_sweep_state(sweep, content, found))
    in_sweeps = {run.folder or (run.study, run.run): run for sweep in sweeps for run in sweep.runs}
    return list((found | in_sweeps).values()), sweeps


def _study(record: RunRecord) -> Path:
    return record.folder.parent


def state_of_sweep(sweep: SweepRecord) -> SweepState:
    """Return the states of the runs of one sweep, named by the options in which they differ."""
    content = sweep.read()
    records = [
        RunRecord(sweep.results_dir.absolute(), entry["study"], entry["run"])
        for entry in content["runs"]
        if entry["run"]
    ]
    return _sweep_state(sweep, content, states_of([r for r in records if r.info_file.exists()]))


def states_of(records: Iterable[RunRecord], verify: bool = False) -> dict[Path, RunState]:
    """Return the state of each record by its folder, named among these runs."""
    found, readable = {}, []
    for record in records:
        study = record.folder.parent.name
        try:
            found[record.folder] = _state(study, record, record.info(), verify)
            readable.append(record)
        except UserError as error:
            found[record.folder] = RunState(
                study, record.id, DAMAGED, error=str(error), folder=record.folder
            )
    names = run_names(readable)
    return {
        folder: replace(state, what=names.get(state.run or "", ""))
        for folder, state in found.items()
    }


def _sweep_state(
    sweep: SweepRecord, content: dict[str, Any], states: dict[Path, RunState]
) -> SweepState:
    runs = []
    asked = {(run.study, run.asked): run for run in states.values() if run.asked}
    for number, entry in enumerate(content["runs"]):
        folder = (sweep.results_dir / entry["study"] / str(entry["run"])).absolute()
        found = states.get(folder) or asked.get((entry["study"], entry.get("asked")))
        unknown = entry["run"] or f"{sweep.name}:{number}"
        runs.append(found or RunState(entry["study"], unknown, MISSING, entry["swept"]))
    return SweepState(sweep.name, content["command"], content["launched"], runs)


def _state(study: str, record: RunRecord, info: dict[str, Any], verify: bool) -> RunState:
    details: dict[str, Any] = {"folder": record.folder}
    sweep = (info.get("machine") or {}).get("sweep") or {}
    details["asked"] = sweep.get("run") if "topology" in info["physics"] else None
    state = str(info.get("state"))
    if state == FAILED:
        details["error"] = last_line(str(info.get("error", "")))
    elif state == RUNNING:
        holder = record.holder()
        if holder:
            details |= {key: holder.get(key) for key in ("fraction_done", "seconds_left", "host")}
        elif record.state == DONE:  # it has ended since its record was read
            state = DONE
        else:
            state = INTERRUPTED
    elif state == DONE and verify and (faults := record.faults()):
        state, details["error"] = DAMAGED, "; ".join(faults)
    return RunState(study, record.id, state, **details)


def counted(runs: Sequence[RunState]) -> str:
    """Return the number of runs in each state: ``12 runs: 8 done, 3 running, 1 failed``."""
    counts = Counter(run.state for run in runs)
    parts = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    return f"{len(runs)} run{'s' if len(runs) != 1 else ''}: {', '.join(parts)}"
