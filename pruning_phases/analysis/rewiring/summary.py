"""Losses and accuracies of the families as rows of rewiring.json and as a printed table."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.rewiring.fit import excess
from pruning_phases.analysis.rewiring.read import Trained
from pruning_phases.console import PLAIN
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import number, quoted


def to_json(entry: Trained, original: Trained | None) -> dict[str, Any]:
    """The row of one family at one density, compared with the original masks if they are there."""
    row: dict[str, Any] = {
        "system": entry.system, "density": entry.density, "family": entry.family,
        "num_networks": len(entry.finals), "draws_per_network": entry.num_graphs,
    }  # fmt: skip
    for column in ("final_training_loss", "accuracy", "loss"):
        mean, error = mean_and_error(entry.finals[column].to_numpy())
        row[column] = number(float(mean), float(error))
    if original is not None and original is not entry:
        # A paired difference: its error is smaller than those of the two losses suggest.
        row["excess_over_original"] = number(*excess(entry, original, "final_training_loss"))
    if len(entry.finals) < 2:
        row["reason"] = "one pruned network: errors need two or more (num_replicas)"
    if entry.swaps:
        row["swaps"] = entry.swaps
    return row


def show(systems: dict[str, list[dict[str, Any]]], console: Console) -> None:
    """Print the families of every system."""
    for system, rows in systems.items():
        _show(system, rows, console)


def _show(system: str, rows: list[dict[str, Any]], console: Console) -> None:
    """Print the families of one system, then the notes on layers that are not mixed."""
    table = Table(title=system, box=box.SIMPLE_HEAD)
    for name in ("density", "family", "training loss", "above original", "accuracy", "test loss"):
        table.add_column(name, justify="left" if name == "family" else "right", overflow="fold")
    for row in rows:
        known = [
            quoted(value, "-")
            for value in (
                row["final_training_loss"], row.get("excess_over_original"), row["accuracy"],
                row["loss"],
            )
        ]  # fmt: skip
        table.add_row(f"{row['density']:.3g}", row["family"], *known)
    console.print(table)
    for row in rows:
        for layer, swaps in [item for run in row.get("swaps", []) for item in run.items()]:
            at = f"{row['family']}, {layer} at density {row['density']:.3g}"
            if swaps["levelled_off"] < 1:
                console.print(f"not mixed: the overlap with the start still falls ({at}); raise "
                              "topology.swaps_per_edge", **PLAIN)  # fmt: skip
            for note in swaps.get("notes", []):
                console.print(f"{at}: {note}", **PLAIN)
