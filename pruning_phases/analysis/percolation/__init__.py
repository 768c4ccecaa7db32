"""Percolation of the mask beside the loss of accuracy.

In: pruned runs. Out: ``percolation.json`` and a figure: the control parameters (by default the
densities) at which accuracy and graph break down, and the distance between them in ln(control),
with errors. May not know how networks are pruned.

accuracy         half of the dense network's accuracy above chance is left
largest_cluster  the largest cluster of the mask holds half of the nodes
mean_cluster     the mean size of the other clusters peaks: a sign of the percolation threshold
connected        half of the networks still have a path from input to output

Distances from the first to the others are in ln(control), with errors over replicas.

  python -m pruning_phases.train experiment=percolation dataset=mnist scale=laptop
  python -m pruning_phases.percolation runs=multirun/percolation
  python -m pruning_phases.percolation runs=multirun/percolation control=num_kept
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import (
    ControlConfig,
    num_resampled_key,
    seed_key,
)
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.records.run import RunRecord

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.percolation.read import GraphCurves
    from pruning_phases.statistics.landmarks import Landmark, Undetermined

    System = tuple[GraphCurves, dict[str, Landmark | Undetermined]]

SCOPE = "study"


@dataclass
class PercolationConfig(ControlConfig):
    num_resampled: int = num_resampled_key(1000)
    seed: int = seed_key()


CONFIG = PercolationConfig


def compute(config: PercolationConfig, console: Console) -> Results:
    """Locate the landmarks of every system."""
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.common.systems import read_systems
    from pruning_phases.analysis.percolation.figure import percolation_figure, percolation_panels
    from pruning_phases.analysis.percolation.summary import show, to_json
    from pruning_phases.records.names import commit_of
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    systems = read_systems(records, lambda runs: _locate(runs, config), console)
    content = [
        to_json(name, config.control, curves, marks) for name, (curves, marks) in systems.items()
    ]
    commits = sorted({commit_of(record.info()) for record in records})
    title = f"code: git {', '.join(commits)}"
    label = CONTROLS[config.control].label
    figure = partial(percolation_figure, systems, title, label)
    return Results(
        "percolation", content, folder_of(records), {"percolation": figure},
        partial(show, content), panels=percolation_panels(systems, label),
    )  # fmt: skip


def _locate(runs: list[RunRecord], config: PercolationConfig) -> System:
    """The curves and landmarks of one system."""
    from pruning_phases.analysis.common.systems import ids_of
    from pruning_phases.analysis.percolation.fit import landmarks
    from pruning_phases.analysis.percolation.read import graph_curves
    from pruning_phases.records.select import pooled

    table = pooled(runs, RunRecord.observables)
    num_classes = runs[0].info()["data"]["num_classes"]
    curves = graph_curves(table, num_classes, ids_of(runs), config.control)
    return curves, landmarks(curves, config.num_resampled, config.seed)
