"""Numbers of training examples that networks need for sparse features, and their growth.

In: runs with optimizer=one_step. Out: ``sparse_features.json`` and a figure. May not know how the
networks are trained.

inputs      that a network keeps before its training: all (unpruned), found (pruned by the slopes of
            probes) or relevant (those that the response depends on)
n*          least number of examples at which the median over replicas reaches a threshold: of the
            relevant inputs found, and of the excess risk; a line in ln n between two sizes, with
            the error of bootstrap samples of the replicas
slope       of ln n* over ln s at one d, and over ln d with s = d^(1/4) rounded up, s: number of
            relevant inputs, d: of inputs; a weighted line, errors widened by sqrt(chi^2/dof)

Theory (Vural and Erdogdu 2024, arXiv 2406.08658): with information exponent k, pruned networks need
n ~ s^k whatever d, up to logarithms, and methods that do not see the basis n ~ d^(k/2) at least.

  python -m pruning_phases.train experiment=sparse_features
  python -m pruning_phases.sparse_features runs=multirun/sparse_features
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.analysis.sparse_features.config import SparseFeaturesConfig

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results

SCOPE = "study"

CONFIG = SparseFeaturesConfig


def compute(config: SparseFeaturesConfig, console: Console) -> Results:
    """Find n* of every system, then the slopes over s and over d."""
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.sparse_features.figure import figure_of, panels_of
    from pruning_phases.analysis.sparse_features.fit import needed, slopes
    from pruning_phases.analysis.sparse_features.read import read_curves
    from pruning_phases.analysis.sparse_features.summary import content_of, show
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    curves = read_curves(records)
    points = [needed(one, config) for one in curves]
    content = content_of(config, points, slopes(points))
    return Results(
        "sparse_features", content, folder_of(records),
        {"sparse_features": partial(figure_of, curves, content)}, partial(show, content),
        panels=panels_of(curves, content),
    )  # fmt: skip
