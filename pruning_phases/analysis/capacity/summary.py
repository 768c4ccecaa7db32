"""Capacity and mask information as rows of capacity.json and as a printed table."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.capacity.fit import Memory
from pruning_phases.analysis.capacity.information import Information
from pruning_phases.analysis.capacity.read import Subnetwork
from pruning_phases.console import PLAIN
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import cell, number

# Ordered by the amount of training that the pruner's mask is based on.
PRUNERS = [
    "random_init", "magnitude_init", "synflow", "snip", "grasp", "magnitude_one_shot", "imp",
]  # fmt: skip


def order_of(key: Subnetwork) -> tuple[str, str, int, str, float]:
    """Sort key: pruners in the order of ``PRUNERS``, others after them; dense first."""
    order = PRUNERS.index(key.pruner) if key.pruner in PRUNERS else len(PRUNERS)
    return key.model, key.dataset, order, key.pruner, -key.density


def to_json(
    key: Subnetwork, memory: Memory | None, information: Information | None
) -> dict[str, Any]:
    """The row of one pruner at one density; null for what was not measured."""
    entry: dict[str, Any] = {
        "model": key.model, "dataset": key.dataset, "pruner": key.pruner,
        "sparsity": 1 - key.density, "kept_weights": None, "capacity": None,
        "noise_correlation": None, "mask_information": None, "information_per_kept_weight": None,
        "effective_parameters": None,
    }  # fmt: skip
    if memory is None:
        entry["reason"] = "no runs over training-set sizes: capacity not measured"
    else:
        noise, error = mean_and_error(memory.noise_correlation[:, -1])  # at the largest n
        entry |= {
            "kept_weights": memory.num_kept,
            "capacity": number(*memory.capacity) if memory.capacity else None,
            "noise_correlation": number(float(noise), float(error)),
            "num_replicas": len(memory.train_accuracy),
        } | ({"reason": memory.reason} if memory.reason else {})  # fmt: skip
    if information is not None:
        kept = information.num_kept
        entry |= {
            "kept_weights": kept, "num_masks": information.num_masks,
            "mask_information": number(information.bound, information.error),
            "information_per_kept_weight": number(
                information.bound / kept, information.error / kept
            ),
            "effective_parameters": number(*information.effective_parameters),
        }  # fmt: skip
    return entry


def show(content: list[dict[str, Any]], console: Console) -> None:
    """Print all rows as one table, then the reasons for missing capacities."""
    table = Table(
        box=box.SIMPLE_HEAD,
        caption="noise: correlation at the largest n; information: upper bound on that of the mask "
        "about its data (nats); p_eff: surviving weights + information",
    )
    columns = {
        "capacity": "capacity", "noise_correlation": "noise",
        "mask_information": "information", "information_per_kept_weight": "per weight",
        "effective_parameters": "p_eff",
    }  # fmt: skip
    for name in ("pruner", "sparsity", "kept", *columns.values()):
        table.add_column(name, justify="left" if name == "pruner" else "right", no_wrap=True)
    several = len({(row["model"], row["dataset"]) for row in content}) > 1
    for row in content:
        numbers = [row[key] for key in columns]
        table.add_row(
            f"{row['model']} {row['dataset']} " * several + row["pruner"], f"{row['sparsity']:.4g}",
            str(row["kept_weights"]),
            *(cell(known["value"], known["error"]) if known else "-" for known in numbers),
        )  # fmt: skip
    console.print(table)
    reasons: dict[str, list[str]] = {}
    for row in content:
        if "reason" in row:
            reasons.setdefault(row["reason"], []).append(f"{row['pruner']} {row['sparsity']:.4g}")
    for reason, rows in reasons.items():
        console.print(f"{reason} ({', '.join(rows)})", **PLAIN)
