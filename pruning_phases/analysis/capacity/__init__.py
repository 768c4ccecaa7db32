"""Memorization capacity, noise correlation and mask information of pruned networks.

In: runs over training-set sizes, and runs whose replicas differ in their data alone. Out:
``capacity.json`` and a figure, one row per pruner and density. May not know how masks are found.

capacity            the largest n of which a network fits 99%, interpolated over
                    dataset.train_sizes replica by replica (arXiv 2402.01089)
information         upper bound on the information of the mask about its data, in nats, from
                    runs whose replicas differ in their data alone
                    (experiment=mask_information); added to the number of surviving weights it
                    gives the effective parameters
noise correlation   (1/n) sum of output times label noise, at the largest n

  python -m pruning_phases.train experiment=capacity
  python -m pruning_phases.capacity runs=multirun/capacity
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import AnalysisConfig
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.capacity.fit import Memory
    from pruning_phases.analysis.capacity.read import Subnetwork
    from pruning_phases.analysis.common.results import Results

SCOPE = "study"


@dataclass
class CapacityConfig(AnalysisConfig):
    threshold: float = key(
        0.99, "training accuracy from which examples count as fitted", above=0, below=1
    )


CONFIG = CapacityConfig


def compute(config: CapacityConfig, console: Console) -> Results:
    """Measure every pruner at every density.

    Capacities come from runs over training-set sizes, mask information from runs whose replicas
    differ in their data alone.
    """
    from pruning_phases.analysis.capacity.figure import capacity_figure
    from pruning_phases.analysis.capacity.read import (
        FEWEST_MASKS,
        differ_in_data,
        mask_information,
        read_memories,
    )
    from pruning_phases.analysis.capacity.summary import order_of, show, to_json
    from pruning_phases.analysis.common.results import Results
    from pruning_phases.analysis.common.systems import read_systems
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    information = mask_information(records)
    systems = read_systems(
        [run for run in records if not differ_in_data(run)],
        lambda runs: read_memories(runs, config.threshold), console, may_be_none=bool(information),
    )  # fmt: skip
    if not systems and not information:
        raise UserError(
            f"runs: none over training-set sizes, and none of {FEWEST_MASKS} replicas or more that "
            "differ in their data: train experiment=capacity or experiment=mask_information"
        )
    memories: dict[Subnetwork, Memory] = {}
    for name, found in systems.items():
        if memories.keys() & found.keys():
            console.print(f"left out: {name}: another system has its model, dataset, pruner and "
                          "densities; give runs=FOLDER of one of them", **PLAIN)  # fmt: skip
        else:
            memories |= found
    content = [
        to_json(key, memories.get(key), information.get(key))
        for key in sorted({*memories, *information}, key=order_of)
    ]
    figure = partial(capacity_figure, memories, content, config.threshold)
    return Results(
        "capacity", content, folder_of(records), {"capacity": figure}, partial(show, content)
    )
