"""The command ``status``: state of runs and sweeps, as text or JSON.

done          finished
running       a process is at it now; with the fraction of its updates that are done
interrupted   no process is at it: the command that began it resumes it
failed        with the last line of its error: the command that began it tries it again
missing       a sweep names it, and it has not begun
damaged       unreadable, or other files than it ended with (exit code 1)

  python -m pruning_phases.status multirun
  python -m pruning_phases.status multirun/fig1 format=json
  python -m pruning_phases.status multirun --verify
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

from pruning_phases.cli.command import run as run_command
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN
from pruning_phases.errors import RunError, UserError
from pruning_phases.records.run import DONE

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.sweeps.status import RunState, SweepState


class Format(Enum):
    text = 1
    json = 2


@dataclass
class StatusConfig:
    runs: Any = key(
        None, "folder of runs, a glob, or a list [A,B]; the name of the key may be left out"
    )
    format: Format = key(Format.text, "text, or json for programs")
    verify: bool = key(False, "also compare the files with the digests that they ended with")


LISTED = 40  # runs that the table shows


def as_keys(words: list[str]) -> list[str]:
    """Folders are the value of ``runs``, and --verify is short for verify=true."""
    folders = [word for word in words if "=" not in word and not word.startswith("-")]
    keys = ["verify=true" if word == "--verify" else word for word in words if word not in folders]
    if not folders:
        return keys
    return [*keys, f"runs={folders[0]}" if len(folders) == 1 else f"runs=[{','.join(folders)}]"]


def run() -> NoReturn:
    sys.argv[1:] = as_keys(sys.argv[1:])
    run_command("status", StatusConfig, task, __doc__)


def task(config: StatusConfig, console: Console) -> None:
    from pruning_phases.records.select import folders_of
    from pruning_phases.sweeps.status import DAMAGED, states

    runs, sweeps = states(folders_of(config.runs), config.verify)
    if not runs:
        raise UserError(f"runs={config.runs}: no run in there, and no sweep that names one")
    if config.format is Format.json:
        print(json.dumps(_content(runs, sweeps), indent=1))
    else:
        _print(runs, sweeps, console)
    damaged = [run for run in runs if run.state == DAMAGED]
    if config.verify and not damaged and config.format is Format.text:
        print("verified: finished runs have the files that they ended with")
    if damaged:
        raise RunError(
            f"{len(damaged)} of {len(runs)} runs are damaged: delete their folders, and the same "
            "commands make them again"
        )


def _content(runs: list[RunState], sweeps: list[SweepState]) -> dict[str, Any]:
    def entry(run: RunState) -> dict[str, Any]:
        return vars(run) | {"folder": str(run.folder) if run.folder else None}

    return {
        "runs": [entry(run) for run in runs],
        "sweeps": [
            {"name": one.name, "command": one.command, "launched": one.launched,
             "runs": [{"study": run.study, "run": run.run} for run in one.runs]}
            for one in sweeps
        ],
    }  # fmt: skip


def _print(runs: list[RunState], sweeps: list[SweepState], console: Console) -> None:
    from pruning_phases.sweeps.status import counted

    console.print(counted(runs), **PLAIN)
    for sweep in sweeps:
        shown = " ".join(sweep.command[1:])
        console.print(f"sweep {sweep.name}, {counted(sweep.runs)}: {shown}", **PLAIN)
    _print_unfinished([run for run in runs if run.state != DONE], console)


def _print_unfinished(runs: list[RunState], console: Console) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    if not runs:
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("study", "run", "state", "done", "left", "what", "error"):
        table.add_column(name, overflow="fold")
    for run in runs[:LISTED]:
        fraction = "" if run.fraction_done is None else f"{run.fraction_done:.0%}"
        cells = (
            run.study,
            run.run or "",
            run.state,
            fraction,
            duration(run.seconds_left),
            run.what,
        )
        table.add_row(*map(escape, cells), escape(run.error or ""))
    console.print(table)
    if len(runs) > LISTED:
        console.print(f"and {len(runs) - LISTED} more: format=json lists all", **PLAIN)


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
