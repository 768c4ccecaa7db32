"""Phases and boundaries of one system as printed in the terminal."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.console import PLAIN
from pruning_phases.statistics.quote import with_error

MOST_COLUMNS = 5  # p_train side by side in a terminal of 80 columns


def show(systems: list[str], content: dict[str, Any], console: Console) -> None:
    """Print phases and boundaries of every system."""
    for system in systems:
        _show(system, content, console)


def _show(system: str, content: dict[str, Any], console: Console) -> None:
    """Print the phases of one system as tables of some p_train each, then its boundaries."""
    axis = content["control"]
    points = [point for point in content["points"] if point["system"] == system]
    rates = list(dict.fromkeys(point["p_train"] for point in points))
    console.print(
        f"{system}: phase and alpha over {axis} (rows) and p_train (columns); "
        "E eumentia, D dementia, A amentia, ? undecided", **PLAIN,
    )  # fmt: skip
    for begin in range(0, len(rates), MOST_COLUMNS):
        console.print(_table(points, axis, rates[begin : begin + MOST_COLUMNS]))
    for entry in content["boundaries"]:
        if entry["system"] == system:
            at = f" at p_train {entry['p_train']:g}" if "p_train" in entry else " along p_train"
            known = entry["value"]
            text = with_error(known["value"], known["error"]) if known else entry["reason"]
            along = f" ({content['boundaries_are_of']})" if "p_train" in entry else ""
            parts = [f"{name} {part:.2g}" for name, part in (entry["error_parts"] or {}).items()]
            of = f" (error from {', '.join(parts)})" if parts else ""
            console.print(f"{entry['kind']}{at}{along}: {text}{of}", **PLAIN)


def _table(points: list[dict[str, Any]], axis: str, rates: list[float]) -> Table:
    """Phase and alpha over the control (rows) and some p_train (columns)."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(axis, justify="right", no_wrap=True)
    for rate in rates:
        table.add_column(f"{rate:g}", justify="right", no_wrap=True)
    for control in dict.fromkeys(point[axis] for point in points):
        cells = [
            f"{_letter(point)} {with_error(point['alpha']['value'], point['alpha']['error'])}"
            for point in points
            if point[axis] == control and point["p_train"] in rates
        ]
        table.add_row(f"{control:.3g}", *cells)
    return table


def _letter(point: dict[str, Any]) -> str:
    return {"undecided": "?"}.get(point["phase"], point["phase"][0].upper())
