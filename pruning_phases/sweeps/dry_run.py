"""Runs of a sweep that is not started: their states, and the time that the others will take.

In: jobs. Out: lines in the terminal.
"""

from datetime import datetime
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pruning_phases.console import PLAIN, duration
from pruning_phases.records.run import DONE, RUNNING
from pruning_phases.sweeps.plan import Job

MAX_ROWS = 40  # of the table


def list_jobs(jobs: list[Job], console: Console) -> None:
    """Print each run with its state, those to do first, and an estimate of their time."""
    looked = sorted(((_state(job), job) for job in jobs), key=lambda one: one[0] == DONE)
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("study", "run", "state", "what"):
        table.add_column(name, overflow="fold")
    for state, job in looked[:MAX_ROWS]:
        table.add_row(*map(escape, (job.config.study, job.asked, state, job.swept)))
    console.print(table)
    if len(looked) > MAX_ROWS:
        console.print(f"and {len(looked) - MAX_ROWS} more", **PLAIN)
    todo = sum(state != DONE for state, _ in looked)
    counted = f"{len(jobs) - todo} of {len(jobs)} runs done, {todo} to do"
    console.print(f"dry run: {counted}{_estimate(jobs, todo)}", **PLAIN)


def _state(job: Job) -> str:
    state = str(job.info.get("state", "not begun"))
    return "interrupted" if state == RUNNING and not job.is_held else state


def _estimate(jobs: list[Job], todo: int) -> str:
    """Time of the runs to do, from the runs of this sweep that one process has made."""
    if not todo:
        return ""
    taken = [seconds for job in jobs if (seconds := _seconds(job.info)) is not None]
    if not taken:
        return "; the time is not known before one of them is done"
    return (
        f"; one after another {duration(todo * median(taken))}, if each takes as long as the "
        f"{len(taken)} done ({duration(median(taken))})"
    )


def _seconds(info: dict[str, Any]) -> float | None:
    """Duration of a finished run that was never interrupted."""
    segments = info.get("segments") or []
    if info.get("state") != DONE or len(segments) != 1:
        return None
    began, ended = map(datetime.fromisoformat, (segments[0]["began"], info["finished"]))
    return (ended - began).total_seconds()
