"""How weights evolve under pruning: ``python -m pruning_phases.evolution runs=…``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.evolution.read import Jump
    from pruning_phases.records.run import RunRecord


def to_json(jump: Jump) -> dict[str, Any]:
    """The jump's evolution metric per layer, as mean over the replicas in which it is defined."""
    import numpy as np

    from pruning_phases.statistics.estimates import mean_and_error
    from pruning_phases.statistics.quote import number

    rows = []
    for layer, values in jump.evolution().items():
        defined = values[np.isfinite(values)]
        row: dict[str, Any] = {
            "layer": layer, "num_replicas": len(defined),
            "survivors": float(jump.num_survivors(layer).mean()),
        }  # fmt: skip
        if len(defined):
            mean, error = mean_and_error(defined)
            row["evolution_metric"] = number(float(mean), float(error))
        else:
            row["evolution_metric"] = None
            row["reason"] = "no replica has three survivors of different weight"
        rows.append(row)
    return {"start": jump.earlier.density, "end": jump.later.density, "layers": rows}


def over_density(observables: Any, layers: Any) -> Any:
    """Mean and standard error of the metric of each step and layer."""
    import pandas as pd

    groups = layers[layers["step"] > 0].groupby(["step", "layer"], sort=False)["evolution_metric"]
    table = pd.DataFrame(
        {"mean": groups.mean(), "error": groups.sem(), "num_replicas": groups.count()}
    )
    table = table.reset_index()
    density = observables.groupby("step")["density"].first()
    table.insert(1, "density", table["step"].map(density))
    return table


def show(record: RunRecord, entry: dict[str, Any], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.analysis.evolution.figure import metric_text

    table = Table(
        title=f"{record.id}: density {entry['start']:.3g} to {entry['end']:.3g}",
        box=box.SIMPLE_HEAD,
    )
    for name in ("layer", "evolution metric", "replicas", "survivors"):
        table.add_column(name, justify="right")
    for row in entry["layers"]:
        survivors = f"{row['survivors']:.4g}"
        table.add_row(row["layer"], metric_text(row), str(row["num_replicas"]), survivors)
    console.print(table)
    if any("reason" in row for row in entry["layers"]):
        console.print("undefined: no replica has three survivors of different weight", **PLAIN)
