"""Description of a W&B view: every tracked observable over density, and the sweeps' overviews.

In: names of project, entity, study and figures. Out: a workspace that is not saved yet.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pruning_phases.errors import UserError
from pruning_phases.observables.registry import (
    MASK,
    SUSCEPTIBILITY,
    TRANSITION,
    WEIGHTS,
    Observable,
    observables,
)
from pruning_phases.tracking.legal_names import MEDIA, NAME, PROJECT, legal

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Workspace


def dashboard(
    entity: str, project: str, study: str, name: str, figures: Sequence[str]
) -> Workspace:
    """Describe the view: one line per run in the panel of each observable, and the overviews."""
    os.environ.setdefault("WANDB_SILENT", "true")  # the command prints the address
    try:
        import wandb_workspaces.reports.v2 as reports
        import wandb_workspaces.workspaces as workspaces
    except ImportError as error:
        raise UserError(
            "wandb-workspaces is missing: pip install 'pruning-phases[dashboard]' installs it"
        ) from error

    def plot(one: Observable) -> Any:
        return reports.LinePlot(
            title=one.axis_label, x="density", y=[one.name], log_x=True, title_x="density",
            title_y=one.axis_label,
        )  # fmt: skip

    shown = [one for one in observables().values() if one.is_tracked or one.name == SUSCEPTIBILITY]
    sections = [
        workspaces.Section(
            name=title, panels=[plot(one) for one in shown if one.section == title], is_open=True
        )
        for title in (TRANSITION, MASK, WEIGHTS)
    ]
    overviews: list[Any] = [
        reports.WeavePanelSummaryTable(table_name="runs"),
        reports.MediaBrowser(
            title="figures", media_keys=["overview", *(media_key(study, one) for one in figures)]
        ),
    ]
    sections.append(workspaces.Section(name="Sweeps", panels=overviews, is_open=True))
    return workspaces.Workspace(
        entity=entity, project=legal(PROJECT, project), name=legal(NAME, name), sections=sections
    )


def media_key(study: str, figure: str) -> str:
    """Return the name under which a sweep logs a figure over the runs of a study.

    The study may be given by the name of its project at W&B.
    """
    return f"{legal(MEDIA, legal(PROJECT, study))}/{figure}"
