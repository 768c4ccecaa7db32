"""Results of a collapse as JSON and as a table on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.collapse.compared_controls import Comparison
from pruning_phases.analysis.collapse.read import Panels
from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from pruning_phases.analysis.collapse.fit import Collapse
    from pruning_phases.analysis.collapse.subsets import Fit


def to_json(collapse: Collapse) -> dict[str, Any]:
    """One ansatz's entry in collapse.json; ``errors`` lists their parts, ``fits`` all fits."""
    from pruning_phases.statistics.quote import number

    entry: dict[str, Any] = {}
    for name, item in collapse.estimates.items():
        entry[name] = number(item.value, item.error)
        if item.reason:
            entry.setdefault("reasons", {})[name] = item.reason
        if item.fixed:
            entry.setdefault("fixed", []).append(name)
    entry["errors"] = {
        name: {
            "statistical": item.statistical,
            "spread_of_fits": item.spread,
            "shift_with_correction": item.shift,
        }
        for name, item in collapse.estimates.items()
        if item.value is not None and not item.fixed
    }
    entry["chi2_per_dof"] = collapse.chi2_per_dof
    entry["bic"] = collapse.optimum.bic
    entry["notes"] = collapse.notes
    entry["fits"] = [_fit_to_json(fit, collapse) for fit in collapse.fits]
    return entry


def _fit_to_json(fit: Fit, collapse: Collapse) -> dict[str, Any]:
    """One fit to a part of the points; ``averaged``: the parameters come from it and its like."""
    refitted = {one.fit: one for one in collapse.averaged}
    values = fit.ansatz.quoted(fit.optimum.theta)
    entry: dict[str, Any] = {
        "smallest_size": float(fit.points.size.min()),
        "largest_scaled_distance": fit.reach,
        "num_points": len(fit.points),
        "correction": fit.correction,
        "chi2_per_dof": fit.chi2_per_dof,
        "dof": fit.dof,
        "averaged": fit in refitted,
        "parameters": {name: float(value) for name, value in values.items()},
    }
    if fit in refitted:
        errors = zip(values, refitted[fit].errors, strict=True)
        entry["statistical_errors"] = {name: float(error) for name, error in errors}
    return entry


def located_to_json(panels: Panels) -> dict[str, Any]:
    """Crossings with their limit at infinite size, and peaks with gamma/nu."""
    from pruning_phases.statistics.crossings import extrapolate, size_exponent
    from pruning_phases.statistics.quote import number

    content: dict[str, Any] = {"crossings": {}}
    for quantity, (curves, located) in panels.items():
        rows = []
        for one in located:
            row: dict[str, Any] = {
                "sizes": list(one.sizes),
                "control": number(*one.control) if one.control else None,
            }
            if one.value:
                row["height"] = number(*one.value)
            if one.reason:
                row["reason"] = one.reason
            rows.append(row)
        if quantity == "susceptibility":
            exponent = size_exponent(located)
            peaks = {"peaks": rows, "gamma_over_nu": number(*exponent) if exponent else None}
            reasons = {} if exponent else {"reason": "fewer than two sizes have a peak"}
            content["susceptibility"] = peaks | reasons
        else:
            low = min(float(curve.control.min()) for curve in curves)
            high = max(float(curve.control.max()) for curve in curves)
            limit, reason = extrapolate(located, low, high)
            found = {"pairs": rows, "infinite_size": number(*limit) if limit else None}
            content["crossings"][quantity] = found | ({"reason": reason} if reason else {})
    return content


def controls_to_json(comparison: Comparison) -> dict[str, Any]:
    """Entries ``controls`` and ``aligning_control`` of collapse.json."""
    rows = [
        {
            "control": one.name,
            "one_curve": dict(zip(("chi2_per_dof", "bic"), one.one_curve, strict=True)),
            "power_law": dict(zip(("chi2_per_dof", "bic"), one.collapse, strict=True)),
        }
        for one in comparison.controls
    ]
    content = {
        "controls": rows, "num_points_compared": comparison.num_points,
        "aligning_control": comparison.aligning,
    }  # fmt: skip
    return content | ({"aligning_reason": comparison.reason} if comparison.reason else {})


def show(collapses: dict[str, Collapse], content: dict[str, Any], console: Console) -> None:
    """Print the parameters, notes and reasons, the preferred ansatz, crossings and peaks."""
    console.print(_parameters(collapses))
    for name, collapse in collapses.items():
        reasons = [item.reason for item in collapse.estimates.values() if item.reason]
        for line in collapse.notes + list(dict.fromkeys(reasons)):
            console.print(f"{name}: {line}", **PLAIN)
    if "preferred" in content:
        reason = content.get("preferred_reason")
        console.print(
            f"preferred: {content['preferred']}{reason and f' ({reason})' or ''}", **PLAIN
        )
    _show_located(content, console)
    if content.get("controls"):
        console.print(_controls(content))
    if "aligning_control" in content:
        reason = content.get("aligning_reason")
        console.print(
            f"control over which all sizes have one curve: {content['aligning_control']}"
            f"{reason and f' ({reason})' or ''}",
            **PLAIN,
        )


def _controls(content: dict[str, Any]) -> Table:
    """Table of the fits over each control parameter."""
    from rich import box
    from rich.table import Table

    table = Table(
        caption=f"{content['num_points_compared']} points in the fall of the order parameter; "
        "information criterion: smaller is better",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    heads = ("one curve: chi2/dof", "criterion", "power law: chi2/dof", "criterion")
    for name in ("control", *heads):
        table.add_column(name, justify="left" if name == "control" else "right", overflow="fold")
    for row in content["controls"]:
        cells = [f"{row[fit][key]:.3g}" for fit in ("one_curve", "power_law") for key in row[fit]]
        table.add_row(row["control"], *cells)
    return table


def _parameters(collapses: dict[str, Collapse]) -> Table:
    from rich import box
    from rich.table import Table

    from pruning_phases.statistics.quote import cell

    table = Table(
        caption="spread: of the acceptable fits in windows, without the smallest sizes, with a "
        "correction; shift: with a correction, if significant",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for name in ("ansatz", "parameter", "value", "statistical", "spread", "shift"):
        table.add_column(name, no_wrap=True)
    for name, collapse in collapses.items():
        for parameter, item in collapse.estimates.items():
            parts = (item.statistical, item.spread, item.shift)
            shown = [("" if part is None or item.fixed else f"{part:.2g}") for part in parts]
            value = cell(item.value, item.error) + (" (fixed)" if item.fixed else "")
            table.add_row(name, parameter, value, *shown)
        table.add_row(name, "chi2/dof of all points", f"{collapse.chi2_per_dof:.2f}", "", "", "")
        count = f"{len(collapse.averaged)} of {len(collapse.fits)}"
        table.add_row(name, "fits averaged", count, "", "", "")
    return table


def _show_located(content: dict[str, Any], console: Console) -> None:
    from pruning_phases.statistics.quote import cell

    for quantity, found in content["crossings"].items():
        where = " (the critical point where beta = 0)" if quantity != "Binder cumulant" else ""
        positions = _positions(found["pairs"])
        console.print(
            f"crossings of {quantity}{where if positions != 'none' else ''}: {positions}", **PLAIN
        )
    if "susceptibility" in content:
        peaks = _positions(content["susceptibility"]["peaks"])
        exponent = content["susceptibility"]["gamma_over_nu"]
        tail = f"; gamma/nu {cell(exponent['value'], exponent['error'])}" if exponent else ""
        console.print(f"susceptibility peaks: {peaks}{tail}", **PLAIN)


def _positions(rows: list[dict[str, Any]]) -> str:
    """Sizes and control parameters of crossings or peaks, as one line."""
    from pruning_phases.statistics.quote import with_error

    positions = [
        "/".join(f"{size:g}" for size in row["sizes"])
        + " at "
        + with_error(row["control"]["value"], row["control"]["error"])
        for row in rows
        if row["control"]
    ]
    return ", ".join(positions) or "none"
