"""The sparsest networks that reach an accuracy, found by training every mask of an enumeration.

In: runs with topology=blocks or supports, runs with topology=given of the masks that won, pruned
runs beside them. Out: ``sparsest.json``, a figure, and ``winners.safetensors``, the masks that won.
May not know how masks are enumerated or networks trained.

nonzeros      weights and biases of a network; a hidden bias counts if its unit has an edge out
searched      masks that were trained, and how many the enumeration has; several runs of one
              enumeration (other learning rates, schedules or seeds) are several tries per mask
winners       the masks with the fewest nonzeros whose best try reaches ``target``
success rate  of a mask that is trained again from other initial weights: the fraction that
              reaches the target, with Wilson's interval. A search with one try per mask finds lucky
              initial weights, too; this rate shows which.
pruned        the fewest nonzeros of each pruner and starting width that reach the target, over its
              replicas; the fraction of its weights that lie on no path; the growth with the width

  python -m pruning_phases.train experiment=unstructured_search
  python -m pruning_phases.sparsest runs=multirun/unstructured_search
  python -m pruning_phases.train experiment=unstructured_search topology=given num_replicas=200
      topology.masks=multirun/unstructured_search/winners.safetensors
  python -m pruning_phases.train experiment=elude
  python -m pruning_phases.sparsest 'runs=[multirun/unstructured_search,multirun/elude]'
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import AnalysisConfig
from pruning_phases.config.keys import key
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results

SCOPE = "study"


@dataclass
class SparsestConfig(AnalysisConfig):
    target: float = key(0.95, "accuracy that a network has to reach", above=0, at_most=1)
    num_winners: int = key(
        10, "masks that are written to winners.safetensors, those with the fewest nonzeros first",
        at_least=1, at_most=10**6,
    )  # fmt: skip


CONFIG = SparsestConfig


def compute(config: SparsestConfig, console: Console) -> Results:
    """Find the sparsest networks of each enumeration, and the success rates of given masks."""
    from pruning_phases.analysis.common.axes import side_by_side
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.sparsest.figure import sparsest_panels
    from pruning_phases.analysis.sparsest.pruned import read_pruned
    from pruning_phases.analysis.sparsest.read import read_networks
    from pruning_phases.analysis.sparsest.summary import (
        growth_json,
        pruned_json,
        retrained_json,
        search_json,
        show,
    )
    from pruning_phases.analysis.sparsest.winners import FILE, file_of_winners
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    searches, retrained = read_networks(records)
    pruned = read_pruned(records)
    if not (searches or retrained or pruned):
        raise UserError(
            f"runs: none of the {len(records)} finished runs has masks of its own or is pruned: "
            "train with topology=blocks, topology=supports, topology=given or a pruner"
        )
    found = file_of_winners(searches, config.target, config.num_winners)
    content = {
        "target": config.target,
        "searches": [search_json(one, config.target) for one in searches],
        "retrained": [row for one in retrained for row in retrained_json(one, config.target)],
        "winners": found and found[0],
        "pruned": [pruned_json(one, config.target) for one in pruned],
        "growth": growth_json(pruned, config.target),
    }
    panels = sparsest_panels(searches, content)
    return Results(
        "sparsest", content, folder_of(records),
        {"sparsest": partial(side_by_side, panels, height=4.4, width=5.2)}, partial(show, content),
        panels=panels, files={FILE: found[1]} if found else {},
    )  # fmt: skip
