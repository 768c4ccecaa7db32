"""The command ``dashboard``: saves a view of a W&B project.

The view holds every observable over density, and the overviews of sweeps. It needs an API key
(`wandb login`) and pip install 'pruning-phases[dashboard]'.

  python -m pruning_phases.dashboard project=transition entity=NAME
"""

from dataclasses import dataclass
from typing import NoReturn

from rich.console import Console

from pruning_phases.cli.command import run as run_command
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN
from pruning_phases.errors import RunError, UserError, first_line
from pruning_phases.tracking import wandb
from pruning_phases.tracking.dashboard import dashboard


@dataclass
class DashboardConfig:
    project: str | None = key(
        None, "project at W&B; it has the name of the study unless logger.project was set"
    )
    entity: str | None = key(None, "user or team that owns the project")
    study: str | None = key(None, "study whose figures are shown; null: the project's name")
    name: str = key("pruning phases", "name of the view; each command saves a new one")
    figures: list[str] = key(
        ["exponents", "phase_diagram", "capacity"], "analyses whose figures sweeps have logged"
    )


def run() -> NoReturn:
    run_command("dashboard", DashboardConfig, task, __doc__)


def task(config: DashboardConfig, console: Console) -> None:
    if not config.project or not config.entity:
        missing = "entity" if config.project else "project"
        raise UserError(f"{missing} has no value: give {missing}=NAME, as W&B shows it")
    workspace = dashboard(
        config.entity, config.project, config.study or config.project, config.name, config.figures
    )
    wandb.refuse_missing_key()
    try:
        workspace.save()
    except Exception as error:
        raise RunError(f"W&B at {wandb.host()}: {first_line(error)}") from error
    console.print(f"dashboard: {workspace.url}", **PLAIN)
