"""Does the graph fall apart where the accuracy does? ``python -m pruning_phases.percolation``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.percolation.fit import Landmark, Undetermined
    from pruning_phases.analysis.percolation.read import GraphCurves


def to_json(
    name: str, curves: GraphCurves, marks: dict[str, Landmark | Undetermined]
) -> dict[str, Any]:
    import numpy as np

    from pruning_phases.analysis.percolation.fit import Undetermined, distance
    from pruning_phases.analysis.percolation.read import ACCURACY
    from pruning_phases.statistics.quote import number

    entry: dict[str, Any] = {
        "system": name, "num_replicas": len(curves.accuracy), "landmarks": {}, "distances": {},
    }  # fmt: skip
    for what, mark in marks.items():
        if isinstance(mark, Undetermined):
            entry["landmarks"][what] = None
            entry.setdefault("reasons", {})[what] = mark.reason
        else:
            density = float(np.exp(mark.value))
            entry["landmarks"][what] = number(density, density * mark.error)
    accuracy = marks[ACCURACY]
    for what, mark in marks.items():
        if what == ACCURACY:
            continue
        apart = distance(accuracy, mark)
        if isinstance(apart, Undetermined):
            entry["distances"][what] = None
            entry.setdefault("reasons", {})[f"distance to {what}"] = apart.reason
        else:
            entry["distances"][what] = number(*apart)
    return entry


def show(entry: dict[str, Any], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.statistics.quote import cell

    table = Table(
        title=f"{entry['system']}, {entry['num_replicas']} replicas", box=box.SIMPLE_HEAD,
        caption="distance: ln(density where the accuracy is halved / this density)",
    )  # fmt: skip
    for name in ("landmark", "density", "distance", "in errors"):
        table.add_column(name, justify="left" if name == "landmark" else "right")
    for what, place in entry["landmarks"].items():
        shown = cell(place["value"], place["error"]) if place else "not determined"
        apart = entry["distances"].get(what)
        columns = ["", ""]
        if apart:
            columns = [cell(apart["value"], apart["error"])]
            columns.append(f"{abs(apart['value']) / apart['error']:.1f}")
        table.add_row(TITLES[what], shown, *columns)
    console.print(table)
    for reason in dict.fromkeys(entry.get("reasons", {}).values()):
        console.print(f"{entry['system']}, not determined: {reason}", **PLAIN)


TITLES = {
    "accuracy": "accuracy above chance halved",
    "largest_cluster": "largest cluster holds half",
    "mean_cluster": "other clusters are largest",
    "connected": "half have an input-output path",
}
