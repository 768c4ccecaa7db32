"""Percolation of the mask beside the loss of accuracy.

In: pruned runs. Out: ``percolation.json`` and a figure: the densities at which accuracy and graph
break down, and the distance between them in ln(density), with errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.config.analysis import AnalysisConfig, num_resampled_key, seed_key
from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.percolation.fit import Landmark, Undetermined
    from pruning_phases.analysis.percolation.read import GraphCurves

HELP = """
  accuracy         density at which half of the dense network's accuracy above chance is left
  largest_cluster  density at which the largest cluster of the mask holds half of the nodes
  mean_cluster     density at which the mean size of the other clusters peaks: a percolation threshold
  connected        density at which half of the networks still have a path from input to output

  Distances from the first to the others are in ln(density), with errors over replicas.

    python -m pruning_phases.train experiment=percolation dataset=mnist scale=laptop
    python -m pruning_phases.percolation runs=multirun/percolation
"""
SCOPE = "study"


@dataclass
class PercolationConfig(AnalysisConfig):
    num_resampled: int = num_resampled_key(1000)
    seed: int = seed_key()


CONFIG = PercolationConfig


def analyse(config: PercolationConfig, console: Console) -> list[dict[str, Any]]:
    """All systems among the runs, in one JSON and one figure."""
    from pruning_phases.analysis.common.results import open_folder, save_figure, save_json
    from pruning_phases.analysis.percolation.figure import percolation_figure
    from pruning_phases.analysis.percolation.fit import landmarks
    from pruning_phases.analysis.percolation.read import graph_curves
    from pruning_phases.analysis.percolation.summary import show, to_json
    from pruning_phases.records.select import commit_of, done_runs, folder_of, pooled, systems_of

    records = done_runs(config.runs)
    found: dict[str, tuple[GraphCurves, dict[str, Landmark | Undetermined]]] = {}
    refused: list[UserError] = []
    for name, runs in systems_of(records).items():
        where = f"runs ({', '.join(run.id for run in runs)})"
        table = pooled(runs, RunRecord.observables)
        try:
            curves = graph_curves(table, runs[0].info()["data"]["num_classes"], where)
        except UserError as error:
            refused.append(error)
        else:
            found[name] = curves, landmarks(curves, config.num_resampled, config.seed)
    if not found:
        raise refused[0]
    for reason in refused:
        console.print(f"left out: {reason}", **PLAIN)
    content = [to_json(name, curves, marks) for name, (curves, marks) in found.items()]
    folder = open_folder(config.output_dir, folder_of(records))
    save_json(folder / "percolation.json", content)
    commits = sorted({commit_of(record.info()) for record in records})
    figure = percolation_figure(found, f"code: git {', '.join(commits)}")
    path = save_figure(figure, folder / "percolation")
    for entry in content:
        show(entry, console)
    console.print(f"results: {folder / 'percolation.json'}", **PLAIN)
    console.print(f"figure: {path}", **PLAIN)
    return content
