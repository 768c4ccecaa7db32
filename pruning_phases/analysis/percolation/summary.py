"""Landmarks and distances of one system as an entry of percolation.json and as a printed table."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.percolation.read import ACCURACY, GraphCurves
from pruning_phases.console import PLAIN
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.statistics.landmarks import Landmark, Undetermined, distance
from pruning_phases.statistics.quote import cell, number

TITLES = {
    ACCURACY: "accuracy above chance halved",
    "largest_cluster": "largest cluster holds half",
    "mean_cluster": "other clusters are largest",
    "connected": "half have an input-output path",
}


def to_json(
    system: str, control: str, curves: GraphCurves, marks: dict[str, Landmark | Undetermined]
) -> dict[str, Any]:
    """The entry of one system; what is not determined is null, with a reason."""
    entry: dict[str, Any] = {
        "system": system, "control": control, "num_replicas": len(curves.accuracy),
        "landmarks": {}, "distances": {},
    }  # fmt: skip
    for name, mark in marks.items():
        if isinstance(mark, Undetermined):
            entry["landmarks"][name] = None
            entry.setdefault("reasons", {})[name] = mark.reason
        else:
            entry["landmarks"][name] = number(*mark.exponentiated)
    for name, mark in marks.items():
        if name == ACCURACY:
            continue
        measured = distance(marks[ACCURACY], mark)
        if isinstance(measured, Undetermined):
            entry["distances"][name] = None
            entry.setdefault("reasons", {})[f"distance to {name}"] = measured.reason
        else:
            entry["distances"][name] = number(*measured)
    return entry


def show(content: list[dict[str, Any]], console: Console) -> None:
    """Print the landmarks of every system."""
    for entry in content:
        _show(entry, console)


def _show(entry: dict[str, Any], console: Console) -> None:
    """Print the landmarks of one system, their distances, and the reasons for what is missing."""
    short = CONTROLS[entry["control"]].short
    table = Table(
        title=f"{entry['system']}, {entry['num_replicas']} replicas", box=box.SIMPLE_HEAD,
        caption=f"distance: ln({short} where the accuracy is halved / {short} of this row)",
    )  # fmt: skip
    for name in ("landmark", short, "distance", "in errors"):
        table.add_column(name, justify="left" if name == "landmark" else "right", overflow="fold")
    for name, at in entry["landmarks"].items():
        shown = cell(at["value"], at["error"]) if at else "not determined"
        columns = ["", ""]
        if measured := entry["distances"].get(name):
            columns = [cell(measured["value"], measured["error"])]
            columns.append(f"{abs(measured['value']) / measured['error']:.1f}")
        table.add_row(TITLES[name], shown, *columns)
    console.print(table)
    for reason in dict.fromkeys(entry.get("reasons", {}).values()):
        console.print(f"{entry['system']}, not determined: {reason}", **PLAIN)
