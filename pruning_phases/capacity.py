"""How much a pruned network can memorize: ``python -m pruning_phases.capacity runs=…``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.analysis_config import CapacityConfig, launch_analysis
from pruning_phases.application import PLAIN
from pruning_phases.errors import UserError
from pruning_phases.records import RunRecord

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.mask_runs import Information, What
    from pruning_phases.analysis.memorization import Memory


PRUNERS = [
    "random_init", "magnitude_init", "synflow", "snip", "grasp", "magnitude_after", "imp",
]  # fmt: skip


def main() -> None:
    launch_analysis("capacity", analyse, check)


def check(config: CapacityConfig) -> None:
    if not 0 < config.threshold < 1:
        raise UserError(f"threshold={config.threshold}: give a number between 0 and 1")


def analyse(
    records: list[RunRecord], config: CapacityConfig, console: Console
) -> list[dict[str, Any]]:
    """Every pruner at every density, in one JSON and one figure: what it memorizes, from runs over
    training-set sizes, and what its masks tell, from runs whose replicas differ in their data."""
    from pruning_phases.analysis.capacity_figure import capacity_figure
    from pruning_phases.analysis.mask_runs import differ_in_data, mask_information, what_of
    from pruning_phases.analysis.results import open_folder, save_figure, save_json
    from pruning_phases.analysis.sources import folder_of, systems_of

    information = mask_information(records)
    found: dict[str, list[Memory]] = {}
    rows: dict[What, dict[str, Any]] = {}
    refused: list[UserError] = []
    for name, runs in systems_of([run for run in records if not differ_in_data(run)]).items():
        try:
            found[name] = _memories(runs, config)
        except UserError as error:
            refused.append(error)
        else:
            for memory in found[name]:
                rows[what_of(runs[0], memory.density)] = _remembered(runs[0], memory)
    if not found and not information:
        refused.append(
            UserError(
                "runs: none over training-set sizes, and none whose replicas differ in their data: "
                "train experiment=capacity or experiment=mask_information"
            )
        )
        raise refused[0]
    for reason in refused:
        console.print(f"left out: {reason}", **PLAIN)
    content = [
        _entry(what, rows.get(what), information.get(what))
        for what in sorted(dict.fromkeys([*rows, *information]), key=_place)
    ]
    folder = open_folder(config.output_dir, folder_of(records))
    save_json(folder / "capacity.json", content)
    figure = save_figure(capacity_figure(found, content, config.threshold), folder / "capacity")
    _print(content, console)
    console.print(f"results: {folder / 'capacity.json'}", **PLAIN)
    console.print(f"figure: {figure}", **PLAIN)
    return content


def _place(what: What) -> tuple[str, str, int, str, float]:
    """By how much of the training the pruner's mask knows, then dense first."""
    model, dataset, pruner, density = what
    order = PRUNERS.index(pruner) if pruner in PRUNERS else len(PRUNERS)
    return model, dataset, order, pruner, -density


def _memories(runs: list[RunRecord], config: CapacityConfig) -> list[Memory]:
    from pruning_phases.analysis.memorization import memories
    from pruning_phases.analysis.sources import pooled

    where = f"runs ({', '.join(run.id for run in runs)})"
    table = pooled(runs, RunRecord.observables)
    for name in ("p_train", "p_eval"):
        if table[name].nunique() > 1:
            raise UserError(f"{where} holds several {name}: capacity looks at one")
    training = pooled(runs, RunRecord.training)
    return memories(table, training, config.threshold, where)


def _remembered(run: RunRecord, memory: Memory) -> dict[str, Any]:
    from pruning_phases.analysis.estimates import mean_and_error
    from pruning_phases.analysis.results import number

    noise, error = mean_and_error(memory.noise_correlation[:, -1])
    return {
        "kept_weights": round(memory.density * run.info()["network"]["num_prunable"]),
        "capacity": number(*memory.capacity) if memory.capacity else None,
        "noise_correlation": number(float(noise), float(error)),  # at the largest training set
        "num_replicas": len(memory.train_accuracy),
    } | ({"reason": memory.reason} if memory.reason else {})  # fmt: skip


def _entry(
    what: What, remembered: dict[str, Any] | None, told: Information | None
) -> dict[str, Any]:
    from pruning_phases.analysis.results import number

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


def _print(content: list[dict[str, Any]], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.analysis.results import cell

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


if __name__ == "__main__":
    main()
