"""The command ``status``: prints the state of runs and sweeps, as text or JSON.

done          finished
running       a process makes it now; the table shows the finished fraction of its updates
interrupted   no process makes it; the command that began it resumes it
failed        with the last line of its error; the command that began it tries it again
missing       a sweep names it, and it has not begun
damaged       unreadable, or its files have changed since it ended (exit code 1)

  python -m pruning_phases.status multirun
  python -m pruning_phases.status multirun/fig1 format=json
  python -m pruning_phases.status multirun --verify
  python -m pruning_phases.status multirun watch=true
"""

import json
import os
import re
import shlex
import sys
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pruning_phases.cli.command import run as run_command
from pruning_phases.cli.path_values import as_text
from pruning_phases.config.keys import key
from pruning_phases.console import duration
from pruning_phases.errors import RunError, UserError
from pruning_phases.records.run import DONE, FAILED
from pruning_phases.records.select import folders_of
from pruning_phases.records.states import DAMAGED, RunState, SweepState, counted, states

MAX_ROWS = 40  # of the table

ENDED = (DONE, FAILED, DAMAGED)  # states that do not change while nobody begins a run


class Format(Enum):
    text = 1
    json = 2


@dataclass
class StatusConfig:
    runs: Any = key(
        None, "folder of runs, a glob, or a list [A,B]; runs= may be left out", paths=True
    )
    format: Format = key(Format.text, "text, or json for programs")
    verify: bool = key(
        False, "compare the files of finished runs with the digests in their records"
    )
    watch: bool = key(False, "renew until every run is done, failed or damaged, or until Ctrl-C")
    interval: float = key(5.0, "seconds between two looks of watch=true", above=0)


def as_keys(words: list[str]) -> list[str]:
    """Write folders as ``runs=FOLDER``, and --verify as ``verify=true``."""
    folders = [word for word in words if _is_folder(word)]
    keys = ["verify=true" if word == "--verify" else word for word in words if word not in folders]
    if not folders:
        return keys
    several = f"[{','.join(map(as_text, folders))}]"
    return [*keys, f"runs={several if len(folders) > 1 else folders[0]}"]


def _is_folder(word: str) -> bool:
    """True for a word that is neither a flag nor a key, and for the name of what exists."""
    if word.startswith("-"):
        return False
    return not re.match(r"[+~]*[a-z][\w./@]*=", word) or os.path.lexists(word)


def run() -> NoReturn:
    sys.argv[1:] = as_keys(sys.argv[1:])
    run_command("status", StatusConfig, task, __doc__)


def task(config: StatusConfig, console: Console) -> None:
    if config.watch and (config.verify or config.format is Format.json):
        raise UserError("watch=true shows states alone: leave format=json and verify=true out")
    runs, sweeps = _watched(config, console) if config.watch else _states(config)
    if config.format is Format.json:
        print(json.dumps(_content(runs, sweeps), indent=1))
    elif not config.watch:
        for part in _view(runs, sweeps):
            console.print(part, soft_wrap=isinstance(part, Text))
    damaged = [run for run in runs if run.state == DAMAGED]
    if config.verify and not damaged and config.format is Format.text:
        print("verified: the files of finished runs match their digests")
    if damaged:
        raise RunError(
            f"{len(damaged)} of {len(runs)} runs are damaged: delete their folders and run their "
            "commands again"
        )


def _states(config: StatusConfig) -> tuple[list[RunState], list[SweepState]]:
    found = states(folders_of(config.runs), config.verify)
    if not found[0]:
        raise UserError(f"runs={config.runs}: there is no run, and no sweep names one")
    return found


def _watched(config: StatusConfig, console: Console) -> tuple[list[RunState], list[SweepState]]:
    """Show the states until no run can change any more; a terminal shows them in place."""
    with Live(console=console, auto_refresh=False) as live:
        while True:
            runs, sweeps = _states(config)
            live.update(Group(*_view(runs, sweeps)), refresh=True)
            if all(run.state in ENDED for run in runs):
                return runs, sweeps
            time.sleep(config.interval)


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


def _view(runs: list[RunState], sweeps: list[SweepState]) -> list[Text | Table]:
    """The counts, one line per sweep, and a table of the runs that are not done."""
    lines = [counted(runs)]
    for sweep in sweeps:
        words = shlex.join(sweep.command[1:])
        lines.append(f"sweep {sweep.name}, {counted(sweep.runs)}: {words}")
    view: list[Text | Table] = [Text(line) for line in lines]
    unfinished = [run for run in runs if run.state != DONE]
    if unfinished:
        view.append(_table(unfinished[:MAX_ROWS]))
    if len(unfinished) > MAX_ROWS:
        view.append(Text(f"and {len(unfinished) - MAX_ROWS} more: format=json lists all"))
    return view


def _table(runs: list[RunState]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("study", "run", "state", "done", "left", "what", "error"):
        table.add_column(name, overflow="fold")
    for run in runs:
        done = "" if run.fraction_done is None else f"{run.fraction_done:.0%}"
        left = duration(run.seconds_left)
        cells = (run.study, run.run or "", run.state, done, left, run.what, run.error or "")
        table.add_row(*map(escape, cells))
    return table
