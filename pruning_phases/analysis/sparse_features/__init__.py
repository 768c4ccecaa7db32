"""Numbers of training examples that networks need for sparse features, and their growth.

In: runs with optimizer=one_step, pruned runs on dataset=sparse_features beside them. Out:
``sparse_features.json`` and a figure. May not know how the networks are trained.

inputs      that a network keeps before its training: all (unpruned), found (pruned by the
            gradients of probes) or relevant (those that the response depends on)
n*          least number of examples at which the median over replicas reaches a threshold: of the
            relevant inputs found, and of the excess risk; a line in ln n between two sizes; its
            error holds the scatter of the replicas and the spacing of the sizes
slope       of ln n* over ln s at one d, and over ln d with s = d^(1/4) rounded up, s: number of
            relevant inputs, d: of inputs; a weighted line, errors widened by sqrt(chi^2/dof)
masks       of networks that any pruner has pruned: the probability (AUC) that a relevant input has
            more surviving edges than another one; 0.5 by chance

Theory (Vural and Erdogdu 2024, arXiv 2406.08658): with information exponent k, pruned networks need
n ~ s^k whatever d, up to logarithms, and methods that do not see the basis n ~ d^(k/2) at least.

  python -m pruning_phases.train experiment=sparse_features
  python -m pruning_phases.sparse_features runs=multirun/sparse_features
  python -m pruning_phases.train experiment=feature_pruning
  python -m pruning_phases.sparse_features runs=multirun/feature_pruning
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.analysis.sparse_features.config import SparseFeaturesConfig
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results

SCOPE = "study"

CONFIG = SparseFeaturesConfig


def compute(config: SparseFeaturesConfig, console: Console) -> Results:
    """Find n* of every system, the slopes over s and over d, and the AUC of masks."""
    from pruning_phases.analysis.common.axes import side_by_side
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.sparse_features.figure import panels_of
    from pruning_phases.analysis.sparse_features.fit import needed, slopes
    from pruning_phases.analysis.sparse_features.masks import mask_rows
    from pruning_phases.analysis.sparse_features.read import read_curves
    from pruning_phases.analysis.sparse_features.summary import content_of, show
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    curves, masks = read_curves(records), mask_rows(records)
    if not curves and not masks:
        raise UserError(
            f"runs: none of the {len(records)} finished runs has optimizer=one_step, or masks on "
            "dataset=sparse_features: train with experiment=sparse_features or feature_pruning"
        )
    points = [needed(one, config) for one in curves]
    content = content_of(config, points, slopes(points), masks)
    panels = panels_of(curves, content)
    return Results(
        "sparse_features", content, folder_of(records),
        {"sparse_features": partial(side_by_side, panels, height=5.0)}, partial(show, content),
        panels=panels,
    )  # fmt: skip
