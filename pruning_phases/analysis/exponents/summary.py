"""Fits of the critical law as JSON, CSV, LaTeX, and as a table on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN
from pruning_phases.observables.controls import CONTROLS

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from pruning_phases.analysis.exponents.fit import LawFit


COLUMNS = ("name", "model", "dataset", "pruner", "order_parameter", "control", "run")


def to_json(law: LawFit | str) -> dict[str, Any]:
    """One entry of exponents.json; null with a reason for a parameter that is not determined."""
    from pruning_phases.statistics.quote import number

    if isinstance(law, str):
        empty = dict.fromkeys(("critical_point", "exponent", "window", "chi2_per_dof"))
        nothing = {"critical_point": None, "exponent": None}
        parts = {"statistical": nothing, "systematic": nothing}
        return empty | parts | {"windows": [], "reason": law}
    control = law.curve.control
    total = sum(fit.weight for fit in law.scan)
    entry = {
        # The total error: the statistical part lacks that noise also decides the window.
        "critical_point": number(law.critical_point, law.critical_total),
        "exponent": number(law.exponent, law.exponent_total),
        "statistical": {"critical_point": law.critical_error, "exponent": law.exponent_error},
        "systematic": {
            "critical_point": law.critical_systematic, "exponent": law.exponent_systematic,
        },
        "window": [control[law.window.first], control[law.window.last]],
        "chi2_per_dof": law.window.chi2 / law.window.dof,
        "windows": [
            {"window": [control[fit.first], control[fit.last]],
             "critical_point": fit.critical_point, "exponent": fit.exponent,
             "chi2_per_dof": fit.chi2 / fit.dof, "weight": fit.weight / total}
            for fit in law.scan
        ],
    }  # fmt: skip
    return entry | ({"reason": law.reason} if law.reason else {})


def tables(fits: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """The fits as tables of numbers and of text, by the ending of the file."""
    import pandas as pd

    return {
        ".csv": pd.DataFrame([_flat(fit) for fit in fits]),
        ".tex": pd.DataFrame([_cells(fit) for fit in fits]),
    }


def _flat(fit: dict[str, Any]) -> dict[str, Any]:
    row = {key: fit[key] for key in COLUMNS}
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
    """One row of the tables; in brackets the statistical error, then the spread over windows."""
    from pruning_phases.statistics.quote import with_errors

    def quoted(key: str) -> str:
        if fit[key] is None:
            return "not determined"
        return with_errors(fit[key]["value"], fit["statistical"][key], fit["systematic"][key])

    window = "{:.2g} to {:.2g}".format(*fit["window"]) if fit["window"] else ""
    ratio = f"{fit['chi2_per_dof']:.2f}" if fit["chi2_per_dof"] is not None else ""
    return {
        "run": fit["name"],
        "order parameter": fit["order_parameter"].replace("_", " "),
        f"critical {CONTROLS[fit['control']].short}": quoted("critical_point"),
        "exponent": quoted("exponent"),
        "window": window, "chi2/dof": ratio, "replicas": str(fit["num_replicas"]),
    }  # fmt: skip


def show(fits: list[dict[str, Any]], console: Console) -> None:
    """Print the table of the fits, and the reasons where a parameter is not determined."""
    from rich import box
    from rich.table import Table

    table = Table(
        caption="(statistical error)(spread over windows), in the last digits",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    rows = [_cells(fit) for fit in fits]
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row.values())
    console.print(table)
    for fit in fits:
        if reason := fit.get("reason"):
            console.print(f"{fit['name']}, {fit['order_parameter']}: {reason}", **PLAIN)
