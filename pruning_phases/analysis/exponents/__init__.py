"""Critical points and exponents of pruning transitions, with errors.

In: finished runs over a control parameter, by default the density. Out: ``exponents.json``,
``.csv``, ``.tex`` and figures. Fits a law to each order parameter of each run. May not know about
sizes, which ``collapse`` compares.

Fits A (p - p_c)^beta to each order parameter above the critical point, in all windows of the
control parameter p in which the law fits (p-value >= 5%). The statistical error comes from
resampled replicas, the systematic error from the spread over these windows. A parameter that the
data do not fix is reported as "not determined", with the reason.

  python -m pruning_phases.exponents runs=multirun/fig1          every finished run in a folder
  python -m pruning_phases.exponents runs=multirun/fig1/RUN_ID   one run
  python -m pruning_phases.exponents runs=multirun/fig1 control=num_kept
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pruning_phases.config.analysis import (
    ControlConfig,
    num_resampled_key,
    order_parameters_key,
    seed_key,
)
from pruning_phases.observables.controls import CONTROLS

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.exponents.fit import LawFit
    from pruning_phases.records.run import RunRecord
    from pruning_phases.statistics.curves import Curve

SCOPE = "study"


@dataclass
class ExponentsConfig(ControlConfig):
    order_parameters: list[str] = order_parameters_key(
        ["accuracy", "corrected_accuracy", "prediction_entropy"]
    )
    num_resampled: int = num_resampled_key(1000)
    seed: int = seed_key()


CONFIG = ExponentsConfig


def compute(config: ExponentsConfig, console: Console) -> Results:
    """Fit every order parameter of every run."""
    from rich.progress import track

    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.exponents.figure import (
        comparison_figure,
        exponents_figure,
        exponents_panels,
    )
    from pruning_phases.analysis.exponents.read import read_curves
    from pruning_phases.analysis.exponents.summary import show, tables
    from pruning_phases.records.names import commit_of, run_names
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    names = run_names(records)
    control = CONTROLS[config.control]
    fits: list[dict[str, Any]] = []
    figures = {}
    all_laws: dict[str, dict[str, LawFit]] = {}
    first_curves: list[Curve] = []
    for record in track(records, "fitting", console=console, transient=True):
        curves = read_curves(record, config.order_parameters, config.control)
        run_fits, laws = _fit_run(record, names[record.id], curves, config)
        fits += run_fits
        first_curves.append(curves[config.order_parameters[0]])
        all_laws[names[record.id]] = laws
        if laws:
            stem = "exponents" if len(records) == 1 else f"exponents/{record.id}"
            title = f"{names[record.id]}: run {record.id}, {commit_of(record.info())}"
            figures[stem] = partial(exponents_figure, laws, title, control)
    if len(records) > 1 or not figures:
        figures["exponents"] = partial(comparison_figure, fits, first_curves, control)
    return Results(
        "exponents", {"fits": fits}, folder_of(records), figures, partial(show, fits), tables(fits),
        panels=exponents_panels(all_laws, fits, first_curves, control),
    )  # fmt: skip


def _fit_run(
    record: RunRecord, name: str, curves: dict[str, Curve], config: ExponentsConfig
) -> tuple[list[dict[str, Any]], dict[str, LawFit]]:
    """Fit the curves of one run: entries for exponents.json, and the laws by order parameter."""
    from pruning_phases.analysis.exponents.fit import LawFit, fit_law
    from pruning_phases.analysis.exponents.summary import to_json
    from pruning_phases.records.names import names_of

    model, dataset, pruner = names_of(record.info())
    laws: dict[str, LawFit] = {}
    fits = []
    for order_parameter, measured in curves.items():
        law = fit_law(measured, config.num_resampled, config.seed)
        metadata = {
            "name": name, "model": model, "dataset": dataset, "pruner": pruner,
            "order_parameter": order_parameter, "control": config.control, "run": record.id,
            "num_replicas": measured.num_replicas,
        }  # fmt: skip
        fits.append(metadata | to_json(law))
        if isinstance(law, LawFit):
            laws[order_parameter] = law
    return fits, laws
