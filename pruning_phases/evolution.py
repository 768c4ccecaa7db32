"""How weights evolve under pruning: ``python -m pruning_phases.evolution runs=…``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis_config import EvolutionConfig, launch_analysis
from pruning_phases.application import PLAIN
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.weights import Jump
    from pruning_phases.records import RunRecord


def main() -> None:
    launch_analysis("evolution", analyse)


def analyse(records: list[RunRecord], config: EvolutionConfig, console: Console) -> None:
    """Figures and numbers of each run, beside its record or in a folder of its own name."""
    from pruning_phases.analysis.results import open_folder

    for record in records:
        asked = config.output_dir and str(Path(config.output_dir) / record.id)
        _analyse_run(record, config, open_folder(asked, record.folder), console)


def _analyse_run(
    record: RunRecord, config: EvolutionConfig, folder: Path, console: Console
) -> None:
    from pruning_phases.analysis.evolution_figure import evolution_figure, weights_figure
    from pruning_phases.analysis.results import save_csv, save_figure, save_json
    from pruning_phases.analysis.sources import commit_of, names_of
    from pruning_phases.analysis.weights import read_jumps

    info = record.info()
    model, dataset, pruner = names_of(info)
    observables, layers = record.observables(), record.layers()
    if len(observables[["p_train", "train_size"]].drop_duplicates()) > 1:
        raise UserError(
            f"run {record.id} holds networks of several p_train or training-set sizes: evolution "
            "is over replicas of one; train with dropout_phase=fixed, dataset.train_sizes=null"
        )
    jumps = read_jumps(record, config.start, config.end)
    first, count = info["physics"]["first_replica"], info["physics"]["num_replicas"]
    if not first <= config.replica < first + count:
        raise UserError(
            f"replica={config.replica}: run {record.id} holds {first} to {first + count - 1}"
        )
    title = f"{model} on {dataset}, {pruner} pruning; run {record.id}, {commit_of(info)}"
    content = [_entry(jump) for jump in jumps]
    weights = weights_figure(
        jumps, content, config.replica - first, f"{title}; replica {config.replica}"
    )
    over_density = evolution_figure(
        observables, layers, config.order_parameters, info["data"]["num_classes"], title
    )
    save_json(folder / "evolution.json", {"run": record.id, "jumps": content})
    save_csv(folder / "evolution.csv", _over_density(observables, layers))
    save_figure(weights, folder / "weights")
    save_figure(over_density, folder / "evolution")
    for entry in content:
        _print(record, entry, console)
    console.print(f"results: {folder / 'evolution.json'}, .csv", **PLAIN)
    console.print(f"figures: {folder / 'weights.png'}, {folder / 'evolution.png'}", **PLAIN)


def _entry(jump: Jump) -> dict[str, Any]:
    """The jump's evolution metric per layer, as mean over the replicas in which it is defined."""
    import numpy as np

    from pruning_phases.analysis.estimates import mean_and_error
    from pruning_phases.analysis.results import number

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


def _over_density(observables: Any, layers: Any) -> Any:
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


def _print(record: RunRecord, entry: dict[str, Any], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.analysis.evolution_figure import metric_text

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


if __name__ == "__main__":
    main()
