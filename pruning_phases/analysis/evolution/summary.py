"""Evolution metrics as JSON and as a table on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.evolution.read import Jump


def to_json(jump: Jump) -> dict[str, Any]:
    """One entry of evolution.json: the metric per layer, averaged over replicas that define it."""
    import numpy as np

    from pruning_phases.analysis.evolution.fit import evolution, num_surviving
    from pruning_phases.statistics.estimates import mean_and_error
    from pruning_phases.statistics.quote import number

    rows = []
    for layer, values in evolution(jump).items():
        defined = values[np.isfinite(values)]
        row: dict[str, Any] = {
            "layer": layer, "num_replicas": len(defined),
            "survivors": float(num_surviving(jump, layer).mean()),
        }  # fmt: skip
        if len(defined):
            mean, error = mean_and_error(defined)
            row["evolution_metric"] = number(float(mean), float(error))
        else:
            row["evolution_metric"] = None
            row["reason"] = "no replica has three surviving weights that differ"
        rows.append(row)
    return {"start": jump.earlier.density, "end": jump.later.density, "layers": rows}


def show(name: str, jumps: list[dict[str, Any]], console: Console) -> None:
    """Print the metric of each layer in every jump of the run with this name."""
    for entry in jumps:
        _show(name, entry, console)


def _show(name: str, entry: dict[str, Any], console: Console) -> None:
    """Print the metric of each layer in one jump."""
    from rich import box
    from rich.table import Table

    from pruning_phases.analysis.evolution.figure import metric_text

    table = Table(
        title=f"{name}: density {entry['start']:.3g} to {entry['end']:.3g}",
        box=box.SIMPLE_HEAD,
    )
    for name in ("layer", "evolution metric", "replicas", "surviving weights"):
        table.add_column(name, justify="right", overflow="fold")
    for row in entry["layers"]:
        surviving = f"{row['survivors']:.4g}"
        table.add_row(row["layer"], metric_text(row), str(row["num_replicas"]), surviving)
    console.print(table)
    if any("reason" in row for row in entry["layers"]):
        console.print("undefined: no replica has three surviving weights that differ", **PLAIN)
