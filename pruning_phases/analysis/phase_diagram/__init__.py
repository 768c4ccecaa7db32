"""Dropout phases: networks learn (eumentia), have forgotten (dementia) or cannot learn (amentia).

In: runs over p_train, p_eval (or density) and training-set sizes. Out: ``phase_diagram.json`` and
figures: the phase and the exponent of every point, boundaries and crossings with errors. May not
know how networks are trained or pruned.

eumentia    the loss falls as a power of the training-set size, L ~ N^-alpha, alpha > 0
dementia    no learning at this p_eval, although the same networks learn at another one
amentia     the loss is ln C at every p_eval (arXiv 2603.12316)

  python -m pruning_phases.train experiment=phase_diagram dataset=digits scale=smoke
  python -m pruning_phases.phase_diagram runs=multirun/phase_diagram
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.phase_diagram.config import PhaseDiagramConfig

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results
    from pruning_phases.records.run import RunRecord

SCOPE = "study"
CONFIG = PhaseDiagramConfig


def adapt(config: PhaseDiagramConfig, record: RunRecord) -> None:
    """Choose the control that varies in a run which ends with its own phase diagram."""
    if record.observables()["p_eval"].nunique() == 1:
        config.control = "density"


def compute(config: PhaseDiagramConfig, console: Console) -> Results:
    """Map the phases of every system."""
    from pruning_phases.analysis.common.losses import losses_of
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.common.systems import read_systems
    from pruning_phases.analysis.phase_diagram.figure import (
        boundaries_figure,
        map_figure,
        map_panels,
    )
    from pruning_phases.analysis.phase_diagram.fit import boundary_axis, map_of
    from pruning_phases.analysis.phase_diagram.summary import show
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    systems = read_systems(records, lambda runs: losses_of(runs, config.control), console)
    axis = boundary_axis(config.control)
    content: dict[str, Any] = {
        "control": config.control, "boundaries_are_of": axis,
        "least_alpha": config.least_alpha, "least_gain": config.least_gain,
        "confidence": config.confidence,
        "points": [], "boundaries": [], "crossings": [],
    }  # fmt: skip
    figures = {}
    panels: dict[str, Any] = {}
    for number, (name, losses) in enumerate(systems.items()):
        entry = map_of(name, losses, config)
        stem = "phase_diagram" if len(systems) == 1 else f"phase_diagram/{number}"
        figures[stem] = partial(map_figure, entry, losses, config.control, name)
        panels |= map_panels(entry, losses, config.control, f"{name}: " if len(systems) > 1 else "")
        for kind, rows in entry.items():
            content[kind] += rows
    if len(systems) > 1:
        figures["phase_diagram"] = partial(boundaries_figure, content["boundaries"], config.control)
    return Results(
        "phase_diagram", content, folder_of(records), figures,
        partial(show, [*systems], content), panels=panels,
    )  # fmt: skip
