"""Critical points and exponents of pruning transitions, with errors.

In: finished runs over density. Out: ``exponents.json``, ``.csv``, ``.tex`` and figures. Fits one law
to each order parameter of each run; it does not compare runs of different sizes (``collapse`` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.config.analysis import (
    AnalysisConfig,
    num_resampled_key,
    order_parameters_key,
    seed_key,
)
from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

    from pruning_phases.records.run import RunRecord
    from pruning_phases.statistics.curves import Curve

HELP = """
  Fits A (density - rho_c)^beta to each order parameter above the critical density, in every window
  of densities that admits the law (p >= 5%). The statistical error comes from resampling replicas,
  the systematic error from the spread over the windows. A parameter that the data do not fix is
  reported as "not determined", with the reason.

    python -m pruning_phases.exponents runs=multirun/fig1          every finished run in a folder
    python -m pruning_phases.exponents runs=multirun/fig1/RUN_ID   one run
"""
SCOPE = "study"


@dataclass
class ExponentsConfig(AnalysisConfig):
    order_parameters: list[str] = order_parameters_key(
        ["accuracy", "corrected_accuracy", "prediction_entropy"]
    )
    num_resampled: int = num_resampled_key(1000)
    seed: int = seed_key()


CONFIG = ExponentsConfig


def analyse(config: ExponentsConfig, console: Console) -> list[dict]:
    """Fit every order parameter of every run; write the tables and figures; the fits."""
    from rich.progress import track

    from pruning_phases.analysis.common.results import open_folder
    from pruning_phases.analysis.exponents.figure import comparison_figure
    from pruning_phases.analysis.exponents.summary import show, write
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    one = len(records) == 1
    fits: list[dict[str, Any]] = []
    figures: list[tuple[str, Figure]] = []
    curves: list[Curve] = []
    for record in track(records, "fitting", console=console, transient=True):
        own_fits, measured, figure = _fit_run(record, config)
        fits += own_fits
        curves.append(measured)
        if figure is not None:
            figures.append(("exponents" if one else f"exponents/{record.id}", figure))
    if not one or not figures:
        figures.append(("exponents", comparison_figure(fits, curves)))
    folder = open_folder(config.output_dir, folder_of(records))
    write(fits, figures, folder)
    show(fits, console)
    console.print(f"results: {folder / 'exponents.json'}, .csv, .tex", **PLAIN)
    console.print(f"figure: {folder / 'exponents.png'}", **PLAIN)
    return fits


def _fit_run(
    record: RunRecord, config: ExponentsConfig
) -> tuple[list[dict[str, Any]], Curve, Figure | None]:
    """The fits of all order parameters, the curve of the first, and the figure of those fitted."""
    from pruning_phases.analysis.exponents.figure import exponents_figure
    from pruning_phases.analysis.exponents.fit import LawFit, fit_law
    from pruning_phases.analysis.exponents.summary import to_json
    from pruning_phases.records.select import commit_of, names_of
    from pruning_phases.statistics.curves import curve

    info, observables = record.info(), record.observables()
    model, dataset, pruner = names_of(info)
    laws: dict[str, LawFit] = {}
    fits = []
    curves = [
        curve(observables, name, info["data"]["num_classes"]) for name in config.order_parameters
    ]
    for name, measured in zip(config.order_parameters, curves, strict=True):
        law = fit_law(measured, config.num_resampled, config.seed)
        about = {
            "model": model, "dataset": dataset, "pruner": pruner, "order_parameter": name,
            "run": record.id, "num_replicas": measured.num_replicas,
        }  # fmt: skip
        fits.append(about | to_json(law))
        if isinstance(law, LawFit):
            laws[name] = law
    if not laws:
        return fits, curves[0], None
    title = f"{model} on {dataset}, {pruner} pruning: run {record.id}, {commit_of(info)}"
    return fits, curves[0], exponents_figure(laws, title)
