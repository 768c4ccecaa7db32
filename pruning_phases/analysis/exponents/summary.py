"""Critical points and exponents of pruning transitions: ``python -m pruning_phases.exponents``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console


def to_json(law: Any) -> dict[str, Any]:
    """The contract's keys of one fit; nulls with a reason where nothing could be determined."""
    from pruning_phases.statistics.quote import number

    if isinstance(law, str):
        empty = dict.fromkeys(("critical_point", "exponent", "window", "chi2_per_dof"))
        nothing = {"critical_point": None, "exponent": None}
        parts = {"statistical": nothing, "systematic": nothing}
        return empty | parts | {"windows": [], "reason": law}
    density = law.curve.control
    total = sum(fit.weight for fit in law.study)
    entry = {
        # The error is the total one: the statistical part alone does not know that the noise also
        # chose the window.
        "critical_point": number(law.critical_point, law.critical_total),
        "exponent": number(law.exponent, law.exponent_total),
        "statistical": {"critical_point": law.critical_error, "exponent": law.exponent_error},
        "systematic": {
            "critical_point": law.critical_systematic, "exponent": law.exponent_systematic,
        },
        "window": [density[law.window.first], density[law.window.last]],
        "chi2_per_dof": law.window.chi2 / law.window.dof,
        "windows": [
            {"window": [density[fit.first], density[fit.last]],
             "critical_point": fit.critical_point, "exponent": fit.exponent,
             "chi2_per_dof": fit.chi2 / fit.dof, "weight": fit.weight / total}
            for fit in law.study
        ],
    }  # fmt: skip
    return entry | ({"reason": law.reason} if law.reason else {})


def write(fits: list[dict[str, Any]], figures: list[tuple[str, Figure]], folder: Path) -> None:
    import pandas as pd

    from pruning_phases.analysis.common.results import save_csv, save_figure, save_json, save_latex

    save_json(folder / "exponents.json", {"fits": fits})
    flat = pd.DataFrame([_flat(fit) for fit in fits])
    save_csv(folder / "exponents.csv", flat)
    save_latex(folder / "exponents.tex", pd.DataFrame([_cells(fit) for fit in fits]))
    for name, figure in figures:
        save_figure(figure, folder / name)


def _flat(fit: dict[str, Any]) -> dict[str, Any]:
    row = {key: fit[key] for key in ("model", "dataset", "pruner", "order_parameter", "run")}
    for key in ("critical_point", "exponent"):
        row[key] = fit[key]["value"] if fit[key] else None
        row[f"{key}_error"] = fit[key]["error"] if fit[key] else None
        row[f"{key}_statistical"] = fit["statistical"][key]
        row[f"{key}_systematic"] = fit["systematic"][key]
    low, high = fit["window"] or (None, None)
    return row | {
        "window_low": low, "window_high": high, "chi2_per_dof": fit["chi2_per_dof"],
        "num_replicas": fit["num_replicas"], "reason": fit.get("reason"),
    }  # fmt: skip


def _cells(fit: dict[str, Any]) -> dict[str, str]:
    """A fit as a person reads it: in brackets the statistical error, then the windows' spread."""
    from pruning_phases.statistics.quote import with_errors

    def quoted(key: str) -> str:
        if fit[key] is None:
            return "not determined"
        return with_errors(fit[key]["value"], fit["statistical"][key], fit["systematic"][key])

    window = "{:.2g} to {:.2g}".format(*fit["window"]) if fit["window"] else ""
    ratio = f"{fit['chi2_per_dof']:.2f}" if fit["chi2_per_dof"] is not None else ""
    return {
        "model": fit["model"], "dataset": fit["dataset"], "pruner": fit["pruner"],
        "order parameter": fit["order_parameter"].replace("_", " "),
        "critical density": quoted("critical_point"), "exponent": quoted("exponent"),
        "window": window, "chi2/dof": ratio, "replicas": str(fit["num_replicas"]),
    }  # fmt: skip


def show(fits: list[dict[str, Any]], console: Console) -> None:
    from rich import box
    from rich.table import Table

    table = Table(
        caption="(statistical error)(spread over windows), in the last digits",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    rows = [_cells(fit) for fit in fits]
    for name in rows[0]:
        table.add_column(name)
    for row in rows:
        table.add_row(*row.values())
    console.print(table)
    for fit in fits:
        if reason := fit.get("reason"):
            name = fit["order_parameter"]
            what = f"{fit['model']} {fit['dataset']} {fit['pruner']}"
            console.print(f"{what} {name}: {reason}", **PLAIN)
