"""Topology control: pruned networks beside random graphs that share properties with them.

In: runs with topology=original,rewired,.... Out: ``rewiring.json`` and a figure per system: training
loss and accuracy per family and density (arXiv 2602.15224, Fig. 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.config.analysis import AnalysisConfig
from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.rewiring.read import Trained

HELP = """
  original      the initial weights of pruned networks, trained again under their masks
  rewired       under random masks in which every node keeps its in-degree and its out-degree
  in_degrees, out_degrees       in which every node keeps one of the two
  active_nodes  between the nodes that have edges
  random        with as many edges in each layer (arXiv 2602.15224, Fig. 4)
  reinitialized under their own masks, from new initial weights

  Errors are over the pruned networks; masks sampled for one of them are averaged first.

    python -m pruning_phases.train experiment=fig4 dataset=mnist scale=laptop
    python -m pruning_phases.rewiring runs=multirun/fig4
"""
SCOPE = "study"


@dataclass
class RewiringConfig(AnalysisConfig):
    pass


CONFIG = RewiringConfig


def analyse(config: RewiringConfig, console: Console) -> list[dict[str, Any]]:
    """All systems among the runs in one JSON, and a figure each."""
    from pruning_phases.analysis.common.results import open_folder, save_figure, save_json
    from pruning_phases.analysis.rewiring.figure import rewiring_figure
    from pruning_phases.analysis.rewiring.read import trained_families
    from pruning_phases.analysis.rewiring.summary import show, to_json
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    families = trained_families(records)
    systems = list(dict.fromkeys(entry.system for entry in families))
    folder = open_folder(config.output_dir, folder_of(records))
    content = [to_json(entry, _original(entry, families)) for entry in families]
    save_json(folder / "rewiring.json", content)
    for number, system in enumerate(systems):
        own = [entry for entry in families if entry.system == system]
        stem = "rewiring" if len(systems) == 1 else f"rewiring/{number}"
        figure = save_figure(rewiring_figure(own, system), folder / stem)
        show(system, [row for row in content if row["system"] == system], console)
        console.print(f"figure: {figure}", **PLAIN)
    console.print(f"results: {folder / 'rewiring.json'}", **PLAIN)
    return content


def _original(entry: Trained, families: list[Trained]) -> Trained | None:
    """The original mask's networks that a family is compared with."""
    for other in families:
        if (other.key, other.density, other.family) == (entry.key, entry.density, "original"):
            return other
    return None
