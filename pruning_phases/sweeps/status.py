"""State of runs and sweeps, from their records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pruning_phases.errors import UserError, last_line
from pruning_phases.records.run import DONE, FAILED, RUNNING, RunRecord, find_records
from pruning_phases.records.select import name_of
from pruning_phases.records.sweep import SweepRecord, sweeps_of

INTERRUPTED, MISSING, DAMAGED = "interrupted", "missing", "damaged"

STATES = (DONE, RUNNING, INTERRUPTED, FAILED, DAMAGED, MISSING)


@dataclass(frozen=True)
class RunState:
    """One run. interrupted: no process is at it, and its sweep's command goes on with it; missing:
    named by a sweep and not begun; damaged: not the files that it ended with."""

    study: str
    run: str | None
    state: str
    what: str  # what its sweep varies in it, or what it is of
    fraction_done: float | None = None  # of its updates that are done
    seconds_left: float | None = None
    host: str | None = None
    error: str | None = None
    folder: Path | None = None
    asked: str | None = None  # the run that its sweep asked for, where that has another id


@dataclass(frozen=True)
class SweepState:
    name: str
    command: list[str]
    launched: str
    runs: list[RunState]


def states(folders: Sequence[Path], verify: bool) -> tuple[list[RunState], list[SweepState]]:
    """All runs in some folders, those that sweeps with a run in there name and have not begun
    included; and these sweeps."""
    records = {record.folder: record for folder in folders for record in find_records(folder)}
    known = {r.folder: _state(r, verify) for r in records.values()}
    sweeps = []
    for sweep in sweeps_of([folder.absolute() for folder in folders]):
        content = sweep.read()
        studies = {(sweep.results_dir / run["study"]).absolute() for run in content["runs"]}
        asked_for = any(
            study.is_relative_to(folder.absolute()) for study in studies for folder in folders
        )
        if asked_for or any(folder.parent in studies for folder in known):
            sweeps.append(_sweep_state(sweep, content, known))
    in_sweeps = {run.folder or (run.study, run.run): run for sweep in sweeps for run in sweep.runs}
    return list((known | in_sweeps).values()), sweeps


def _sweep_state(
    sweep: SweepRecord, content: dict[str, Any], known: dict[Path, RunState]
) -> SweepState:
    runs = []
    asked = {(run.study, run.asked): run for run in known.values() if run.asked}
    for number, entry in enumerate(content["runs"]):
        place = (sweep.results_dir / entry["study"] / str(entry["run"])).absolute()
        found = known.get(place) or asked.get((entry["study"], entry.get("asked")))
        if found is None:
            unknown = entry["run"] or f"{sweep.name}:{number}"
            runs.append(RunState(entry["study"], unknown, MISSING, entry["swept"]))
        else:
            runs.append(RunState(**(vars(found) | {"what": entry["swept"] or found.what})))
    return SweepState(sweep.name, content["command"], content["launched"], runs)


def _state(record: RunRecord, verify: bool) -> RunState:
    study = record.folder.parent.name
    try:
        info = record.info()
    except UserError as error:
        return RunState(study, record.id, DAMAGED, "", error=str(error), folder=record.folder)
    about: dict[str, Any] = {"what": name_of(info["physics"]), "folder": record.folder}
    sweep = (info.get("machine") or {}).get("sweep") or {}
    about["asked"] = sweep.get("run") if "topology" in info["physics"] else None
    state = str(info.get("state"))
    if state == FAILED:
        about["error"] = last_line(str(info.get("error", "")))
    elif state == RUNNING:
        holder = record.holder()
        if holder is None and record.state == DONE:  # by now
            return RunState(study, record.id, DONE, **about)
        state = RUNNING if holder else INTERRUPTED
        for key in ("fraction_done", "seconds_left", "host") if holder else ():
            about[key] = holder.get(key) if holder else None
    elif state == DONE and verify and (faults := record.faults()):
        state, about["error"] = DAMAGED, "; ".join(faults)
    return RunState(study, record.id, state, **about)


def counted(runs: Sequence[RunState]) -> str:
    """``12 runs: 8 done, 3 running, 1 failed``."""
    counts = Counter(run.state for run in runs)
    parts = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    return f"{len(runs)} run{'s' if len(runs) != 1 else ''}: {', '.join(parts)}"
