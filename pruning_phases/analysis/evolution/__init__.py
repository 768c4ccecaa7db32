"""Evolution of the weights: between two snapshots, and per layer over density.

In: finished runs with snapshots. Out: ``evolution.json``, ``.csv`` and figures, beside each run.
May not know about other runs.

Evolution metric: 1 - adjusted R^2 of the surviving weights, the earlier weights as prediction of
the later ones; 0 if no weight changed (arXiv 2602.15224).

  python -m pruning_phases.train experiment=fig2 dataset=mnist       a run with snapshots
  python -m pruning_phases.evolution runs=multirun/fig2
  python -m pruning_phases.evolution runs=multirun/fig2 start=0.02 end=0.01
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import AnalysisConfig, order_parameters_key
from pruning_phases.config.keys import LARGEST_COUNT, key
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.results import Results
    from pruning_phases.records.run import RunRecord

SCOPE = "run"


@dataclass
class EvolutionConfig(AnalysisConfig):
    start: float | None = key(
        None, "density of the earlier snapshot; null: the one before end", above=0, at_most=1
    )
    end: float | None = key(
        None, "density of the later snapshot; null: the last one; both null: every pair in turn",
        above=0, at_most=1,
    )  # fmt: skip
    replica: int | None = key(
        None, "replica whose weights are plotted; null: the first. Numbers are means over replicas",
        at_least=0, at_most=LARGEST_COUNT,
    )  # fmt: skip
    order_parameters: list[str] = order_parameters_key(["accuracy", "prediction_entropy"])


CONFIG = EvolutionConfig


def compute(config: EvolutionConfig, console: Console) -> Iterator[Results]:
    """Compare the snapshots of each run in turn."""
    from pruning_phases.records.names import run_names
    from pruning_phases.records.select import done_runs

    records = done_runs(config.runs)
    names = run_names(records)
    for record in records:
        yield _compute_run(record, names[record.id], config)


def _compute_run(record: RunRecord, name: str, config: EvolutionConfig) -> Results:
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.evolution.figure import (
        evolution_figure,
        evolution_panels,
        weights_figure,
    )
    from pruning_phases.analysis.evolution.fit import over_density
    from pruning_phases.analysis.evolution.read import read_jumps
    from pruning_phases.analysis.evolution.summary import show, to_json
    from pruning_phases.records.names import commit_of

    info = record.info()
    observables, layers = record.observables(), record.layers()
    if len(observables[["p_train", "train_size"]].drop_duplicates()) > 1:
        raise UserError(
            f"run {record.id} holds networks of several p_train or training-set sizes: evolution "
            "is over replicas of one; train with dropout_phase=fixed, dataset.train_sizes=null"
        )
    jumps = read_jumps(record, config.start, config.end)
    first, count = info["physics"]["first_replica"], info["physics"]["num_replicas"]
    replica = first if config.replica is None else config.replica
    if not first <= replica < first + count:
        raise UserError(f"replica={replica}: run {record.id} holds {first} to {first + count - 1}")
    title = f"{name}; run {record.id}, {commit_of(info)}"
    content = [to_json(jump) for jump in jumps]
    num_classes = info["data"]["num_classes"]
    figures = {
        "weights": partial(
            weights_figure, jumps, content, replica - first, f"{title}; replica {replica}"
        ),
        "evolution": partial(
            evolution_figure, observables, layers, config.order_parameters, num_classes, title,
        ),
    }  # fmt: skip
    tables = {".csv": over_density(observables, layers)}
    return Results(
        "evolution", {"run": record.id, "jumps": content}, record.folder, figures,
        partial(show, name, content), tables, below=record.id,
        panels=evolution_panels(observables, layers, config.order_parameters, num_classes),
    )  # fmt: skip
