"""Memorization capacity, noise correlation and mask information of pruned networks.

In: runs over training-set sizes, and runs whose replicas differ in their data alone. Out:
``capacity.json`` and a figure, one row per pruner and density.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.config.analysis import AnalysisConfig
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.capacity.fit import Memory
    from pruning_phases.analysis.capacity.read import What

HELP = """
  capacity            the largest n of which a network fits 99%, interpolated over
                      dataset.train_sizes replica by replica (arXiv 2402.01089)
  information         upper bound on what the mask knows of the data, in nats, from runs whose
                      replicas differ in their data alone (experiment=mask_information); added to
                      the surviving weights it gives the effective parameters
  noise correlation   how much of the label noise the outputs hold, at the largest n

    python -m pruning_phases.train experiment=capacity
    python -m pruning_phases.capacity runs=multirun/capacity
"""
SCOPE = "study"


@dataclass
class CapacityConfig(AnalysisConfig):
    threshold: float = key(
        0.99, "training accuracy from which examples count as fitted", above=0, below=1
    )


CONFIG = CapacityConfig


def analyse(config: CapacityConfig, console: Console) -> list[dict[str, Any]]:
    """Every pruner at every density, in one JSON and one figure: what it memorizes, from runs over
    training-set sizes, and what its masks tell, from runs whose replicas differ in their data."""
    from pruning_phases.analysis.capacity.figure import capacity_figure
    from pruning_phases.analysis.capacity.read import differ_in_data, mask_information, what_of
    from pruning_phases.analysis.capacity.summary import order_of, remembered, show, to_json
    from pruning_phases.analysis.common.results import open_folder, save_figure, save_json
    from pruning_phases.records.select import done_runs, folder_of, systems_of

    records = done_runs(config.runs)
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
                rows[what_of(runs[0], memory.density)] = remembered(runs[0], memory)
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
        to_json(what, rows.get(what), information.get(what))
        for what in sorted(dict.fromkeys([*rows, *information]), key=order_of)
    ]
    folder = open_folder(config.output_dir, folder_of(records))
    save_json(folder / "capacity.json", content)
    figure = save_figure(capacity_figure(found, content, config.threshold), folder / "capacity")
    show(content, console)
    console.print(f"results: {folder / 'capacity.json'}", **PLAIN)
    console.print(f"figure: {figure}", **PLAIN)
    return content


def _memories(runs: list[RunRecord], config: CapacityConfig) -> list[Memory]:
    from pruning_phases.analysis.capacity.fit import memories
    from pruning_phases.records.select import pooled

    where = f"runs ({', '.join(run.id for run in runs)})"
    table = pooled(runs, RunRecord.observables)
    for name in ("p_train", "p_eval"):
        if table[name].nunique() > 1:
            raise UserError(f"{where} holds several {name}: capacity looks at one")
    training = pooled(runs, RunRecord.training)
    return memories(table, training, config.threshold, where)
