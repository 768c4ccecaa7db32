"""The command ``dashboard``: saves a view of a W&B project.

Saves a view of a W&B project: every observable over density, and the overviews of sweeps. Needs
an API key (`wandb login`) and pip install 'pruning-phases[dashboard]'.

  python -m pruning_phases.dashboard project=transition entity=NAME
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from pruning_phases.cli.command import run as run_command
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN
from pruning_phases.errors import RunError, UserError, first_line

if TYPE_CHECKING:
    from rich.console import Console


@dataclass
class DashboardConfig:
    project: str | None = key(None, "at W&B: the study, unless the runs had another logger.project")
    entity: str | None = key(None, "the user or team that the project belongs to")
    study: str | None = key(None, "study whose figures are shown; null: the project's name")
    name: str = key("pruning phases", "name of the view; each command saves one more")
    figures: list[str] = key(
        ["exponents", "phase_diagram", "capacity"], "analyses whose figures sweeps have logged"
    )


def run() -> NoReturn:
    run_command("dashboard", DashboardConfig, task, __doc__)


def task(config: DashboardConfig, console: Console) -> None:
    from pruning_phases.tracking import wandb
    from pruning_phases.tracking.dashboard import dashboard

    if not config.project or not config.entity:
        missing = "entity" if config.project else "project"
        raise UserError(f"{missing} has no value: give {missing}=NAME, as W&B shows it")
    workspace = dashboard(
        config.entity, config.project, config.study or config.project, config.name, config.figures
    )
    if not wandb.key_is_there():
        raise UserError(f"no API key for {wandb.host()}: `wandb login` keeps one")
    try:
        workspace.save()
    except Exception as error:
        raise RunError(f"W&B at {wandb.host()}: {first_line(error)}") from error
    console.print(f"dashboard: {workspace.url}", **PLAIN)
