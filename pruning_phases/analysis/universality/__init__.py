"""Half of the accuracy over systems: is it lost at one value of a control parameter?

In: pruned runs of several systems. Out: ``universality.json`` and a figure: for every system the
density, the number of surviving weights (also per layer), the mean degree and the number of weights
on a path at which half of the dense network's accuracy above chance is left, and the width of the
fall. May not know how networks are pruned.

Equality of the systems is tested by chi^2 in ln(control), for all systems and for those that differ
in one group of options alone (model, dataset, pruner). The rms scatter in ln(control) beyond the
errors tells how far a rejected equality is off.

  python -m pruning_phases.train experiment=universality scale=laptop data_dir=data
  python -m pruning_phases.universality runs=multirun/universality
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import AnalysisConfig, num_resampled_key, seed_key

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results

SCOPE = "study"

MAIN = "num_kept"  # the control of the figure and of the comparisons within groups of systems


@dataclass
class UniversalityConfig(AnalysisConfig):
    num_resampled: int = num_resampled_key(1000)
    seed: int = seed_key()


CONFIG = UniversalityConfig


def compute(config: UniversalityConfig, console: Console) -> Results:
    """Locate the half accuracy of every system over every control, and compare the systems."""
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.common.systems import read_systems
    from pruning_phases.analysis.universality.figure import universality_figure, universality_panels
    from pruning_phases.analysis.universality.fit import compare, located
    from pruning_phases.analysis.universality.read import SCALES, read_system
    from pruning_phases.analysis.universality.summary import show, to_json
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    found = read_systems(records, read_system, console)
    systems = {
        name: located(system, config.num_resampled, config.seed)
        for name, system in sorted(found.items(), key=lambda one: one[1].num_weights)
    }
    comparisons = {control: compare(systems, control) for control in SCALES}
    content = to_json(systems, comparisons, MAIN)
    figure = partial(universality_figure, systems, comparisons, MAIN)
    return Results(
        "universality", content, folder_of(records), {"universality": figure},
        partial(show, content), panels=universality_panels(systems, comparisons, MAIN),
    )  # fmt: skip
