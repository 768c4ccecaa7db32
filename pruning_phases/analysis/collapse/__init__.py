"""Finite-size scaling: the parameters that collapse the curves of all sizes, with errors.

In: runs of several sizes, or a table of points from anywhere. Out: ``collapse.json`` and figures.
May not know about pruning: it fits control, size, value and error of points.

power_law   y = L^(-beta/nu) f((p - p_c) L^(1/nu))
bkt         y = L^Delta f((p - p_c) (ln L/L0)^(1/sigma))

Pruned runs are compared over every control parameter (density, number of surviving weights, mean
degree, weights on a path): over which of them do the curves of all sizes lie on one?

The fit needs no starting guess and assumes nothing about f. It is repeated in windows of |x|,
without the smallest sizes, and for the power law with a correction L^-1 to scaling. The parameters
are averages over all of these fits that describe their points; for BKT they are those of the one
to the most points. The error combines the statistical error and the spread of these fits;
collapse.json lists both, and every fit. A chi2/dof of 100 or more in all of them leaves the
parameters undetermined. A table without a column error gets errors from the scatter of its points
about the fit. With both ansatzes the output names the one that the data prefer, or "undecided".

  python -m pruning_phases.collapse table=FILE.csv               columns control,size,value,error
  python -m pruning_phases.collapse table=FILE.csv ansatz=power_law
  python -m pruning_phases.collapse runs=multirun/widths size=model.widths control=num_kept
  python -m pruning_phases.collapse table=FILE.csv ansatz=bkt sigma=null delta=0
  python -m pruning_phases.collapse table=FILE.csv ansatz=power_law nu=1 'critical_range=[2.2,2.4]'
  python -m pruning_phases.collapse runs=multirun/phase_scaling control=p_eval
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.collapse.config import CollapseConfig
from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.collapse.fit import Collapse, MakeAnsatz
    from pruning_phases.analysis.collapse.read import Data
    from pruning_phases.analysis.common.results import Results

SCOPE = "study"
CONFIG = CollapseConfig


def compute(config: CollapseConfig, console: Console) -> Results:
    """Fit every ansatz asked for, locate crossings and peaks."""
    from pruning_phases.analysis.collapse.compared_controls import compare_controls
    from pruning_phases.analysis.collapse.figure import (
        collapse_figure,
        collapse_panels,
        crossings_figure,
    )
    from pruning_phases.analysis.collapse.fit import preferred
    from pruning_phases.analysis.collapse.read import read, short_name, source
    from pruning_phases.analysis.collapse.summary import (
        controls_to_json,
        located_to_json,
        show,
        to_json,
    )
    from pruning_phases.analysis.common.results import Results, open_folder

    data = read(config)
    for note in data.notes:
        console.print(note, **PLAIN)
    if config.output_dir:
        open_folder(config.output_dir, data.folder)  # reports a bad folder before the long fit
    collapses = {name: _fit(make, data, config, console) for name, make in _makers(config).items()}
    content: dict[str, Any] = {"source": source(config, data)}
    content |= {name: to_json(collapse) for name, collapse in collapses.items()}
    if len(collapses) == 2:
        content["preferred"], reason = preferred(*collapses.values())
        content |= {"preferred_reason": reason} if reason else {}
    content |= located_to_json(data.panels)
    if data.falling:
        content |= controls_to_json(compare_controls(data.falling))
    title = f"{short_name(config)}: {len(data.points)} points, {len(data.points.sizes)} sizes"
    figures = {
        "collapse": partial(collapse_figure, list(collapses.values()), data.axes, title),
        "crossings": partial(crossings_figure, data.panels, data.axes[:2], title),
    }
    return Results(
        "collapse", content, data.folder, figures, partial(show, collapses, content),
        panels=collapse_panels(collapses, data.panels, data.axes),
    )  # fmt: skip


def _makers(config: CollapseConfig) -> dict[str, MakeAnsatz]:
    from pruning_phases.analysis.collapse.ansatz import bkt, power_law

    makers: dict[str, MakeAnsatz] = {
        "power_law": partial(power_law, nu=config.nu, beta=config.beta, critical=config.critical()),
        "bkt": partial(bkt, sigma=config.sigma, delta=config.delta, critical=config.critical()),
    }
    return {name: makers[name] for name in config.ansatzes()}


def _fit(make: MakeAnsatz, data: Data, config: CollapseConfig, console: Console) -> Collapse:
    from pruning_phases.analysis.collapse.fit import fit_collapse

    with console.status("fitting"):
        return fit_collapse(
            make, data.points, noise=data.noise, num_resampled=config.num_resampled,
            seed=config.seed, correction=config.correction, known_errors=data.has_errors,
        )  # fmt: skip
