"""Does the graph fall apart where the accuracy does? ``python -m pruning_phases.percolation``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.analysis_config import PercolationConfig, launch_analysis
from pruning_phases.application import PLAIN
from pruning_phases.errors import UserError
from pruning_phases.records import RunRecord

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.percolation import GraphCurves, Landmark, Undetermined


def main() -> None:
    launch_analysis("percolation", analyse)


def analyse(
    records: list[RunRecord], config: PercolationConfig, console: Console
) -> list[dict[str, Any]]:
    """All systems among the runs, in one JSON and one figure."""
    from pruning_phases.analysis.percolation import graph_curves, landmarks
    from pruning_phases.analysis.percolation_figure import percolation_figure
    from pruning_phases.analysis.results import open_folder, save_figure, save_json
    from pruning_phases.analysis.sources import commit_of, folder_of, pooled, systems_of

    found: dict[str, tuple[GraphCurves, dict[str, Landmark | Undetermined]]] = {}
    refused: list[UserError] = []
    for name, runs in systems_of(records).items():
        where = f"runs ({', '.join(run.id for run in runs)})"
        table = pooled(runs, RunRecord.observables)
        try:
            curves = graph_curves(table, runs[0].info()["data"]["num_classes"], where)
        except UserError as error:
            refused.append(error)
        else:
            found[name] = curves, landmarks(curves, config.num_resampled, config.seed)
    if not found:
        raise refused[0]
    for reason in refused:
        console.print(f"left out: {reason}", **PLAIN)
    content = [_entry(name, curves, marks) for name, (curves, marks) in found.items()]
    folder = open_folder(config.output_dir, folder_of(records))
    save_json(folder / "percolation.json", content)
    commits = sorted({commit_of(record.info()) for record in records})
    figure = percolation_figure(found, f"code: git {', '.join(commits)}")
    path = save_figure(figure, folder / "percolation")
    for entry in content:
        _print(entry, console)
    console.print(f"results: {folder / 'percolation.json'}", **PLAIN)
    console.print(f"figure: {path}", **PLAIN)
    return content


def _entry(
    name: str, curves: GraphCurves, marks: dict[str, Landmark | Undetermined]
) -> dict[str, Any]:
    import numpy as np

    from pruning_phases.analysis.percolation import ACCURACY, Undetermined, distance
    from pruning_phases.analysis.results import number

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


def _print(entry: dict[str, Any], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.analysis.results import cell

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
    "largest_component": "largest cluster holds half",
    "mean_cluster": "other clusters are largest",
    "connected": "half have an input-output path",
}


if __name__ == "__main__":
    main()
