"""Phases and boundaries of one system as printed in the terminal."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.console import PLAIN
from pruning_phases.statistics.quote import with_error


def show(system: str, content: dict[str, Any], console: Console) -> None:
    """Print the phases of one system as a table, then its boundaries."""
    axis = content["control"]
    points = [point for point in content["points"] if point["system"] == system]
    controls = list(dict.fromkeys(point[axis] for point in points))
    table = Table(
        title=f"{system}: phase and alpha", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        caption="E eumentia, D dementia, A amentia, ? undecided",
    )  # fmt: skip
    table.add_column(axis, justify="right")
    for p_train in dict.fromkeys(point["p_train"] for point in points):
        table.add_column(f"p_train {p_train:g}", justify="right", no_wrap=True)
    for control in controls:
        cells = [
            f"{_letter(point)} {with_error(point['alpha']['value'], point['alpha']['error'])}"
            for point in points
            if point[axis] == control
        ]
        table.add_row(f"{control:.3g}", *cells)
    console.print(table)
    for entry in content["boundaries"]:
        if entry["system"] == system:
            at = f" at p_train {entry['p_train']:g}" if "p_train" in entry else " along p_train"
            known = entry["value"]
            text = with_error(known["value"], known["error"]) if known else entry["reason"]
            along = f" ({content['boundaries_are_of']})" if "p_train" in entry else ""
            console.print(f"{entry['kind']}{at}{along}: {text}", **PLAIN)


def _letter(point: dict[str, Any]) -> str:
    return {"undecided": "?"}.get(point["phase"], point["phase"][0].upper())
