"""The dashboard of a study at Weights & Biases, described as code:
``python -m pruning_phases.dashboard project=fig1 entity=NAME``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis_config import DashboardConfig, keys_of, register, typed
from pruning_phases.application import PLAIN, launch, new_console
from pruning_phases.errors import RunError, UserError, first_line

if TYPE_CHECKING:
    from omegaconf import DictConfig
    from wandb_workspaces.workspaces import Workspace

# Title of a section: the observables that it draws over density, with what their axes say.
SECTIONS = {
    "The transition": {
        "accuracy": "accuracy",
        "prediction_entropy": "prediction entropy (nats)",
        "outcome_entropy": "outcome entropy (nats)",
        "susceptibility": "susceptibility of the accuracy",
        "loss": "test loss (nats)",
        "class_order": "class order parameter",
    },
    "The mask": {
        "effective_density": "effective density",
        "largest_component": "largest component (share of the nodes)",
    },
    "The weights": {
        "evolution_metric": "evolution metric",
        "train_loss": "training loss (nats)",
    },
}


def main() -> None:
    register()
    launch("dashboard", task, keys_of("dashboard"))


def task(composed: DictConfig) -> None:
    from pruning_phases import wandb_runs

    config = typed(composed, DashboardConfig)
    for key in ("project", "entity"):
        if not getattr(config, key):
            raise UserError(f"{key} has no value: give {key}=NAME, as W&B shows it")
    workspace = dashboard(config)
    if not wandb_runs.key_is_there():
        raise UserError(f"no API key for {wandb_runs.host()}: `wandb login` keeps one")
    try:
        workspace.save()
    except Exception as error:
        raise RunError(f"W&B at {wandb_runs.host()}: {first_line(error)}") from error
    new_console().print(f"dashboard: {workspace.url}", **PLAIN)


def dashboard(config: DashboardConfig) -> Workspace:
    """Every observable that runs are logged with over density, a line a run, and the overviews of
    the sweeps."""
    os.environ.setdefault("WANDB_SILENT", "true")  # what it saves is said here
    try:
        import wandb_workspaces.reports.v2 as reports
        import wandb_workspaces.workspaces as workspaces
    except ImportError as error:
        raise UserError(
            "pip install 'pruning-phases[dashboard]' installs what this needs"
        ) from error

    def plot(name: str, label: str) -> Any:
        return reports.LinePlot(
            title=label, x="density", y=[name], log_x=True, title_x="density", title_y=label
        )

    figures = [f"{config.study or config.project}/{name}" for name in config.figures]
    overviews: list[Any] = [
        reports.WeavePanelSummaryTable(table_name="runs"),
        reports.MediaBrowser(title="figures", media_keys=["overview", *figures]),
    ]
    sections = [
        workspaces.Section(
            name=title, panels=[plot(*entry) for entry in content.items()], is_open=True
        )
        for title, content in SECTIONS.items()
    ]
    sections.append(workspaces.Section(name="Sweeps", panels=overviews, is_open=True))
    return workspaces.Workspace(
        entity=str(config.entity), project=str(config.project), name=config.name, sections=sections
    )


if __name__ == "__main__":
    main()
