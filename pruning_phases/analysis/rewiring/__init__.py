"""Topology control: pruned networks compared with random graphs that share properties with them.

In: runs with topology=original,rewired,random. Out: ``rewiring.json`` and a figure per system: loss
and accuracy per family and density (arXiv 2602.15224, Fig. 4). May not know how graphs are sampled.

original       the initial weights of the pruned networks, trained again under their masks
rewired        random masks in which every node keeps its in-degree and its out-degree
in_degrees     random masks in which every node keeps its in-degree
out_degrees    random masks in which every node keeps its out-degree
active_nodes   random masks between the nodes that have edges
random         random masks with as many edges in each layer (arXiv 2602.15224, Fig. 4)
reinitialized  the original masks with new initial weights

Errors are over the pruned networks; masks sampled for the same network are averaged first.

  python -m pruning_phases.train experiment=fig4 dataset=mnist scale=laptop
  python -m pruning_phases.rewiring runs=multirun/fig4
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import AnalysisConfig

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.rewiring.read import Trained

SCOPE = "study"


@dataclass
class RewiringConfig(AnalysisConfig):
    pass


CONFIG = RewiringConfig


def compute(config: RewiringConfig, console: Console) -> Results:
    """Compare the families of every system."""
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.rewiring.figure import rewiring_figure, rewiring_panels
    from pruning_phases.analysis.rewiring.read import trained_families
    from pruning_phases.analysis.rewiring.summary import show, to_json
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    systems: dict[str, list[Trained]] = {}
    for entry in trained_families(records):
        systems.setdefault(entry.system, []).append(entry)
    rows = {
        system: [to_json(entry, _original(entry, families)) for entry in families]
        for system, families in systems.items()
    }
    content = [row for own in rows.values() for row in own]
    figures = {}
    for number, (system, families) in enumerate(systems.items()):
        stem = "rewiring" if len(systems) == 1 else f"rewiring/{number}"
        figures[stem] = partial(rewiring_figure, families, system)
    return Results(
        "rewiring", content, folder_of(records), figures, partial(show, rows),
        panels=rewiring_panels(systems),
    )  # fmt: skip


def _original(entry: Trained, families: list[Trained]) -> Trained | None:
    """The networks on the original masks at the density of ``entry``, if there are any."""
    for other in families:
        if (other.density, other.family) == (entry.density, "original"):
            return other
    return None
