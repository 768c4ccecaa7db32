"""How much a pruned network can memorize: ``python -m pruning_phases.capacity runs=…``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN
from pruning_phases.records.run import RunRecord

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.capacity.fit import Memory
    from pruning_phases.analysis.capacity.information import Information
    from pruning_phases.analysis.capacity.read import What


PRUNERS = [
    "random_init", "magnitude_init", "synflow", "snip", "grasp", "magnitude_one_shot", "imp",
]  # fmt: skip


def order_of(what: What) -> tuple[str, str, int, str, float]:
    """By how much of the training the pruner's mask knows, then dense first."""
    model, dataset, pruner, density = what
    order = PRUNERS.index(pruner) if pruner in PRUNERS else len(PRUNERS)
    return model, dataset, order, pruner, -density


def remembered(run: RunRecord, memory: Memory) -> dict[str, Any]:
    from pruning_phases.statistics.estimates import mean_and_error
    from pruning_phases.statistics.quote import number

    noise, error = mean_and_error(memory.noise_correlation[:, -1])
    return {
        "kept_weights": round(memory.density * run.info()["network"]["num_prunable"]),
        "capacity": number(*memory.capacity) if memory.capacity else None,
        "noise_correlation": number(float(noise), float(error)),  # at the largest training set
        "num_replicas": len(memory.train_accuracy),
    } | ({"reason": memory.reason} if memory.reason else {})  # fmt: skip


def to_json(
    what: What, remembered: dict[str, Any] | None, told: Information | None
) -> dict[str, Any]:
    from pruning_phases.statistics.quote import number

    model, dataset, pruner, density = what
    entry: dict[str, Any] = {
        "model": model, "dataset": dataset, "pruner": pruner, "sparsity": 1 - density,
        "kept_weights": None, "capacity": None, "noise_correlation": None,
        "mask_information": None, "information_per_kept_weight": None,
        "effective_parameters": None,
    }  # fmt: skip
    entry |= remembered or {"reason": "no runs over training-set sizes: capacity not measured"}
    if told is not None:
        entry |= {
            "kept_weights": told.num_kept, "num_masks": told.num_masks,
            "mask_information": number(told.bound, told.error),
            "information_per_kept_weight": number(
                told.bound / told.num_kept, told.error / told.num_kept
            ),
            "effective_parameters": number(*told.effective_parameters),
        }  # fmt: skip
    return entry


def show(content: list[dict[str, Any]], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.statistics.quote import cell

    table = Table(
        box=box.SIMPLE_HEAD,
        caption="noise: correlation at the largest n; information: nats that the mask tells of the "
        "data, at most; p_eff: the weights kept and that",
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
            place = f"{row['pruner']} {row['sparsity']:.4g}"
            reasons.setdefault(row["reason"], []).append(place)
    for reason, places in reasons.items():
        console.print(f"{reason} ({', '.join(places)})", **PLAIN)
