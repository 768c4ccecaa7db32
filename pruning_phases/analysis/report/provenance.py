"""States, configuration and provenance of the runs of a study, as tables."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from datetime import datetime
from pathlib import PurePath
from typing import Any

from pruning_phases.analysis.report.read import Study
from pruning_phases.analysis.report.tables import Table
from pruning_phases.records.names import commit_of, differing_options, options_of, run_names
from pruning_phases.records.run import RunRecord
from pruning_phases.records.states import STATES

MAX_COLUMNS = 12  # of options side by side


def state_counts(study: Study) -> list[tuple[str, int]]:
    """The number of runs in each state that occurs."""
    counts = Counter(run.state for run in study.runs)
    return [(state, counts[state]) for state in STATES if counts[state]]


def states_table(study: Study) -> Table:
    """One row per run: its name, state, finished fraction, and the reason of a failure."""
    rows = [
        [run.run or "", run.what, run.state,
         "" if run.fraction_done is None else f"{run.fraction_done:.0%}", run.error or ""]
        for run in study.runs
    ]  # fmt: skip
    return Table("States of the runs", ("run", "name", "state", "done", "reason"), rows)


def failed_table(study: Study) -> Table:
    """The runs that failed or are damaged, with the reasons."""
    rows = [[run.run or "", run.what, run.state, run.error or "unknown"] for run in study.failed]
    note = "The command that began a failed run tries it again."
    return Table("Failed runs, with the reason", ("run", "name", "state", "reason"), rows, note)


def differences_table(study: Study) -> Table:
    """The options in which the runs differ."""
    records = [*study.done, *study.unfinished]
    options = [options_of(record) for record in records]
    keys = differing_options(options)[:MAX_COLUMNS]
    rows = [
        [record.id, *(_shown(one[key]) if key in one else "" for key in keys)]
        for record, one in zip(records, options, strict=True)
    ]
    return Table("Options in which the runs differ", ("run", *keys), rows if keys else [])


def common_table(study: Study) -> Table:
    """The options that all runs have in common."""
    options = [options_of(record) for record in [*study.done, *study.unfinished]]
    differing = set(differing_options(options))
    first = options[0] if options else {}
    rows = [[key, _shown(value)] for key, value in first.items() if key not in differing]
    return Table("Options that all runs share", ("option", "value"), rows)


def provenance_table(study: Study) -> Table:
    """Command, code, versions and arithmetic of each run; nothing that names its machine."""
    records = [*study.done, *study.unfinished]
    names = run_names(records)
    columns = (
        "run", "name", "command", "commit", "versions", "processor", "device", "began", "finished",
    )  # fmt: skip
    rows = [[record.id, names[record.id], *_facts(record)] for record in records]
    note = "Versions and processor are those of the process that ended the run."
    return Table("Provenance", columns, rows, note)


def _facts(record: RunRecord) -> list[str]:
    info = record.info()
    segments = info.get("segments") or [{}]
    last = segments[-1]
    modified = " (modified)" if (last.get("git") or {}).get("dirty") else ""
    versions = [f"{name} {one}" for name, one in (last.get("versions") or {}).items() if one]
    return [
        command_text(info.get("command")), commit_of(info) + modified, ", ".join(versions),
        str(last.get("processor") or ""), str(last.get("device") or ""),
        _time(segments[0].get("began")), _time(info.get("finished")),
    ]  # fmt: skip


def command_text(words: Any) -> str:
    """A command as it is typed, whatever file started it."""
    if not isinstance(words, list) or not words:
        return ""
    program = PurePath(str(words[0]))
    name = program.stem if program.suffix == ".py" else "train"
    typed = shlex.join(map(str, words[1:]))
    return f"python -m pruning_phases.{name} {typed}".strip()


def _time(text: Any) -> str:
    try:
        return datetime.fromisoformat(str(text)).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return ""


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
