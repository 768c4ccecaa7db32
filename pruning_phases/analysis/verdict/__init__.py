"""Kind of transition: continuous, first-order, crossover, or undecided, each with its evidence.

In: pruned runs of three sizes or more. Out: ``verdict.json`` and a figure. May not know how
networks are pruned: it judges an order parameter over a control parameter, replica by replica.

continuous    the fall sharpens with size, and the susceptibility peak grows more slowly than the
              size, or the order parameter has no two separated peaks over the replicas
first-order   the fall sharpens with size, and the order parameter jumps: it has two peaks over the
              replicas that separate further with size
crossover     neither the fall nor the peak of the variance sharpens with size
undecided     the evidence leaves several of the three, or none; the output says what is missing

Size is counted by N, the number of prunable weights (or the size itself where all networks have the
same number of weights); exponents are with respect to N. Widths are intervals of ln(control), and
thereby relative: a fall at a fixed number of weights is a crossover over the density as well.

  python -m pruning_phases.verdict runs=multirun/widths
  python -m pruning_phases.verdict runs=multirun/widths size=model.widths control=num_kept
  python -m pruning_phases.verdict runs=multirun/widths order_parameter=prediction_entropy
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.analysis.verdict.config import VerdictConfig

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results

SCOPE = "study"
CONFIG = VerdictConfig


def compute(config: VerdictConfig, console: Console) -> Results:
    """Judge the runs of all sizes."""
    from pruning_phases.analysis.collapse.sized_runs import sized_curves
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.verdict.figure import verdict_figure, verdict_panels
    from pruning_phases.analysis.verdict.fit import judge
    from pruning_phases.analysis.verdict.summary import show, to_json
    from pruning_phases.observables.controls import CONTROLS
    from pruning_phases.observables.registry import observable
    from pruning_phases.records.names import commit_of
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    curves = sized_curves(
        records, config.size, config.control, config.order_parameter, config.window
    )
    with console.status("resampling"):
        verdict = judge(curves, config.num_resampled, config.seed)
    content = to_json(verdict, config)
    names = (CONTROLS[config.control].label, config.size,
             observable(config.order_parameter).axis_label)  # fmt: skip
    commits = ", ".join(sorted({commit_of(record.info()) for record in records}))
    figure = partial(verdict_figure, verdict, names, f"code: git {commits}")
    return Results(
        "verdict", content, folder_of(records), {"verdict": figure}, partial(show, verdict, names),
        panels=verdict_panels(verdict, names),
    )  # fmt: skip
