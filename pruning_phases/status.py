"""How far runs and sweeps are: ``python -m pruning_phases.status multirun/…``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis_config import Format, StatusConfig, keys_of, register, typed
from pruning_phases.application import PLAIN, launch, new_console
from pruning_phases.errors import RunError, UserError
from pruning_phases.records import DONE

if TYPE_CHECKING:
    from omegaconf import DictConfig
    from rich.console import Console

    from pruning_phases.analysis.run_states import RunState, SweepState

LISTED = 40  # runs that the table shows


def main() -> None:
    register()
    sys.argv[1:] = as_keys(sys.argv[1:])
    launch("status", task, keys_of("status"))


def as_keys(words: list[str]) -> list[str]:
    """Folders are the value of ``runs``, and --verify is short for verify=true."""
    folders = [word for word in words if "=" not in word and not word.startswith("-")]
    keys = ["verify=true" if word == "--verify" else word for word in words if word not in folders]
    if not folders:
        return keys
    return [*keys, f"runs={folders[0]}" if len(folders) == 1 else f"runs=[{','.join(folders)}]"]


def task(composed: DictConfig) -> None:
    from pruning_phases.analysis.run_states import DAMAGED, states
    from pruning_phases.analysis.sources import folders_of

    config = typed(composed, StatusConfig)
    runs, sweeps = states(folders_of(config.runs), config.verify)
    if not runs:
        raise UserError(f"runs={config.runs}: no run in there, and no sweep that names one")
    if config.format is Format.json:
        print(json.dumps(_content(runs, sweeps), indent=1))
    else:
        _print(runs, sweeps, new_console())
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
    from pruning_phases.analysis.run_states import counted

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
        share = "" if run.share is None else f"{run.share:.0%}"
        cells = (run.study, run.run or "", run.state, share, duration(run.seconds_left), run.what)
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


if __name__ == "__main__":
    main()
