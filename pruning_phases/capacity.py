"""How much a pruned network can memorize: ``python -m pruning_phases.capacity runs=…``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pruning_phases.analysis_config import CapacityConfig, keys_of, register, typed
from pruning_phases.application import PLAIN, launch, new_console
from pruning_phases.errors import UserError
from pruning_phases.records import AXES

if TYPE_CHECKING:
    from omegaconf import DictConfig
    from rich.console import Console

    from pruning_phases.analysis.memorization import Memory
    from pruning_phases.records import RunRecord


def main() -> None:
    register()
    launch("capacity", task, keys_of("capacity"))


def task(composed: DictConfig) -> None:
    from pruning_phases.analysis.sources import done_runs

    config = typed(composed, CapacityConfig)
    if not 0 < config.threshold < 1:
        raise UserError(f"threshold={config.threshold}: give a number between 0 and 1")
    analyse(done_runs(config.runs), config, new_console())


def analyse(
    records: list[RunRecord], config: CapacityConfig, console: Console
) -> list[dict[str, Any]]:
    """Every pruner at every density, in one JSON and one figure."""
    from pruning_phases.analysis.capacity_figure import capacity_figure
    from pruning_phases.analysis.results import open_folder, save_figure, save_json
    from pruning_phases.analysis.sources import folder_of, systems_of

    found: dict[str, list[Memory]] = {}
    content: list[dict[str, Any]] = []
    refused: list[UserError] = []
    for name, runs in systems_of(records).items():
        try:
            found[name] = _memories(runs, config)
        except UserError as error:
            refused.append(error)
        else:
            content += [_entry(name, runs[0], memory) for memory in found[name]]
    if not found:
        raise refused[0]
    for reason in refused:
        console.print(f"left out: {reason}", **PLAIN)
    folder = open_folder(config.output_dir, folder_of(records))
    save_json(folder / "capacity.json", content)
    figure = save_figure(capacity_figure(found, config.threshold), folder / "capacity")
    _print(content, console)
    console.print(f"results: {folder / 'capacity.json'}", **PLAIN)
    console.print(f"figure: {figure}", **PLAIN)
    return content


def _memories(runs: list[RunRecord], config: CapacityConfig) -> list[Memory]:
    from pruning_phases.analysis.memorization import memories
    from pruning_phases.analysis.sources import pooled_observables

    where = f"runs ({', '.join(run.id for run in runs)})"
    table = pooled_observables(runs).drop_duplicates(["replica", "step", *AXES])
    for name in ("p_train", "p_eval"):
        if table[name].nunique() > 1:
            raise UserError(f"{where} holds several {name}: capacity looks at one")
    return memories(table, config.threshold, where)


def _entry(name: str, run: RunRecord, memory: Memory) -> dict[str, Any]:
    from pruning_phases.analysis.estimates import mean_and_error
    from pruning_phases.analysis.results import number
    from pruning_phases.analysis.sources import names_of

    noise, error = mean_and_error(memory.noise_correlation[:, -1])
    return {
        "system": name, "pruner": names_of(run.info())[2], "sparsity": 1 - memory.density,
        "kept_weights": round(memory.density * run.info()["network"]["num_prunable"]),
        "capacity": number(*memory.capacity) if memory.capacity else None,
        "noise_correlation": number(float(noise), float(error)),  # at the largest training set
        "mask_information": None, "effective_parameters": None,
        "num_replicas": len(memory.train_accuracy),
    } | ({"reason": memory.reason} if memory.reason else {})  # fmt: skip


def _print(content: list[dict[str, Any]], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.analysis.results import cell

    table = Table(box=box.SIMPLE_HEAD)
    for name in ("system", "sparsity", "kept weights", "capacity", "noise correlation"):
        table.add_column(name, justify="left" if name == "system" else "right")
    for row in content:
        capacity, noise = row["capacity"], row["noise_correlation"]
        table.add_row(
            row["system"], f"{row['sparsity']:.4g}", str(row["kept_weights"]),
            cell(capacity["value"], capacity["error"]) if capacity else "not determined",
            cell(noise["value"], noise["error"]) if noise else "no label noise",
        )  # fmt: skip
    console.print(table)
    for row in content:
        if "reason" in row:
            console.print(
                f"{row['system']}, sparsity {row['sparsity']:.4g}: {row['reason']}", **PLAIN
            )


if __name__ == "__main__":
    main()
