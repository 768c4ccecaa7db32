"""The command ``wandb_sync``: mirrors finished runs to W&B, from their records.

A mirrored run looks as if it had been made with logger=wandb: same id, name, group, tags and
configuration, and the same rows over the density. Runs made with logger=none are mirrored too.
Give the command as often as you like: what is at W&B already is not logged a second time.

Without an API key (`wandb login`), or with mode=offline, the runs go into files of their folders,
which `wandb sync` sends.

  python -m pruning_phases.wandb_sync runs=multirun/fig1
  python -m pruning_phases.wandb_sync 'runs=[multirun/a,multirun/b]' project=NAME entity=NAME
  python -m pruning_phases.wandb_sync runs=multirun/fig1 mode=offline
"""

import os
import shlex
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from rich.console import Console
from rich.progress import track

from pruning_phases.cli.command import run as run_command
from pruning_phases.config.analysis import FinishedRunsConfig
from pruning_phases.config.groups import LoggerConfig
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN
from pruning_phases.errors import Busy, RunError, UserError, first_line
from pruning_phases.records.run import DONE, RunRecord
from pruning_phases.records.select import all_runs, none_done
from pruning_phases.tracking import wandb

MIRRORED, SKIPPED, FAILED, REFUSED = "mirrored", "skipped", "failed", "refused"
MAX_REFUSED = 3  # in a row; the server is then given up, since each try may take 20 seconds


class Mode(Enum):
    auto = 1
    online = 2
    offline = 3


@dataclass
class WandbSyncConfig(FinishedRunsConfig):
    project: str | None = key(
        None, "W&B project; null: that of the run's logger, by default the study's name"
    )
    entity: str | None = key(None, "W&B user or team; null: that of the logger, or the key's own")
    mode: Mode = key(Mode.auto, "auto (online if an API key is there), online or offline")


def run() -> NoReturn:
    run_command("wandb_sync", WandbSyncConfig, task, __doc__)


def task(config: WandbSyncConfig, console: Console) -> None:
    os.environ.setdefault("WANDB_SILENT", "true")  # the command itself says what is not mirrored
    mode, records = _mode(config.mode), all_runs(config.runs)
    outcomes: list[str] = []
    hidden = not console.is_terminal
    for record in track(records, "mirroring", console=console, transient=True, disable=hidden):
        outcome, reason = _mirrored(record, config.project, config.entity, mode)
        outcomes.append(outcome)
        if reason:
            console.print(f"{outcome}: {reason}", **PLAIN)
        if outcomes[-MAX_REFUSED:] == [REFUSED] * MAX_REFUSED:
            console.print("W&B is given up; mode=offline needs no server", **PLAIN)
            break
    num_mirrored, num_skipped = outcomes.count(MIRRORED), outcomes.count(SKIPPED)
    console.print(f"{num_mirrored} of {len(records)} runs mirrored", **PLAIN)
    unsent = {one.folder.parent for one in records if wandb.unsent(one.folder, one.id)}
    if mode == "offline" and unsent:
        files = (f"{shlex.quote(str(one))}/*/wandb/offline-run-*" for one in sorted(unsent))
        console.print(f"to send them: wandb sync {' '.join(files)}", **PLAIN)
    if num_failed := len(records) - num_mirrored - num_skipped:
        raise RunError(
            f"{num_failed} of {len(records)} runs are not mirrored: the same command tries again"
        )
    if not num_mirrored:
        raise none_done(config.runs, records)


def _mode(given: Mode) -> str:
    """Return online or offline. Raises UserError if a key is missing or the environment says no."""
    if given is Mode.online:
        wandb.refuse_missing_key()
    mode = wandb.mode_of(LoggerConfig(mode=given.name))
    if mode not in ("online", "offline"):
        raise UserError(f"WANDB_MODE={mode}: give mode=online or mode=offline")
    return mode


def _mirrored(
    record: RunRecord, project: str | None, entity: str | None, mode: str
) -> tuple[str, str]:
    """Mirror a run. Return the outcome, and the reason if it is not mirrored."""
    from pruning_phases.tracking.mirror import mirror  # imports pandas

    try:
        state = record.state
        if state != DONE:
            return SKIPPED, f"{record.folder} is not done ({state}); its command resumes it"
        if not mirror(record, project, entity, mode):
            return REFUSED, f"{record.folder}: no W&B run could be opened"
    except (UserError, Busy) as error:
        return FAILED, str(error)
    except Exception as error:  # of one record, or of W&B: the other runs are mirrored
        return FAILED, f"{record.folder}: {type(error).__name__}: {first_line(error)}"
    return MIRRORED, ""
