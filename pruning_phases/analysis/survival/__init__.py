"""Survival under iterative magnitude pruning, predicted from initial weights (AutoSparse).

In: runs with pruner=imp and initial_gradients=true. Out: ``survival.json``, a figure, and
``predictor.safetensors``, which pruner=autosparse reads. May not know how networks are pruned.

survival      fraction of a run's recorded prunings that a weight survives, 0 to 1
predictor     a small network f(w, g), fitted to the survival by least squares; w: the initial
              weight, g: the gradient of the mean loss over all training examples there, each
              divided by its root mean square over the network. It knows neither the layer nor the
              place of a weight (Liu et al. 2024, arXiv 2408.14757).
held out      networks that a predictor was not fitted on. Whole networks are held out, in
              ``num_folds`` parts in turn, since the weights of one network are not independent.
              The predictors of two parts share most of their networks, so that errors of the
              means over held-out networks are slightly too small.
rho           Spearman's rank correlation of a score with the survival, over the weights of one
              network; within layers: its mean over the layers, by their numbers of weights

  python -m pruning_phases.train experiment=teacher dataset=mnist scale=laptop
  python -m pruning_phases.survival runs=multirun/teacher
  python -m pruning_phases.train experiment=autosparse dataset=mnist scale=laptop seed=1
      pruner.teacher=multirun/teacher
"""

from __future__ import annotations

from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.survival.config import SurvivalConfig

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results

SCOPE = "study"


CONFIG = SurvivalConfig


def compute(config: SurvivalConfig, console: Console) -> Results:
    """Fit predictors, measure them on held-out networks, and write one that is fitted on all."""
    from pruning_phases.analysis.common.axes import side_by_side
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.survival.figure import survival_panels
    from pruning_phases.analysis.survival.fit import fit, fold_of, ranked
    from pruning_phases.analysis.survival.read import read_networks
    from pruning_phases.analysis.survival.summary import content_of, show
    from pruning_phases.config.files import PREDICTOR
    from pruning_phases.console import PLAIN
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    networks = read_networks(records)
    folds = fold_of(len(networks), config.num_folds)
    rows: list[dict[str, Any]] = []
    for fold in range(folds.max() + 1):
        others = [*compress(networks, folds != fold)]
        console.print(f"fold {fold + 1} of {folds.max() + 1}: {len(others)} networks", **PLAIN)
        predictor = fit(others, config)
        rows += [ranked(one, predictor) for one in compress(networks, folds == fold)]
    console.print(f"predictor of all {len(networks)} networks", **PLAIN)
    predictor = fit(networks, config)
    content = content_of(records, networks, rows, predictor)
    panels = survival_panels(networks, predictor, content)
    return Results(
        "survival", content, folder_of(records),
        {"survival": partial(side_by_side, panels, height=4.4)}, partial(show, content),
        panels=panels, files={PREDICTOR: predictor.content()},
    )  # fmt: skip
