"""Configuration group ``topology``: the graph that a network is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pruning_phases.config.enums import Family, Rule
from pruning_phases.config.groups import Budget
from pruning_phases.config.keys import key


def _from_run(config: Any, topology: TopologyConfig) -> bool:
    return topology.family.is_from_run


def _from_file(config: Any, topology: TopologyConfig) -> bool:
    return topology.family is Family.given


@dataclass
class TopologyConfig:
    """Training of a pruned run's initial weights under its mask, or under a related random mask;
    or of new weights under masks in which the replicas differ."""

    family: Family = key(Family.dense, "graph that is trained; dense: all edges")
    masks: str | None = key(
        None, "given: file of masks, as mask:<weight> [masks, ...] in safetensors, such as a "
        "snapshot; replica r has mask r modulo their number", path=True, machine=True,
        has_effect=_from_file,
    )  # fmt: skip
    masks_digest: str | None = key(None, "", before=None, has_effect=_from_file)  # of that file
    run: str | None = key(
        None,
        "folder of the pruned run; null: the run that this command makes first",
        path=True,
        has_effect=_from_run,
    )
    density: float = key(
        0.01, "density of the mask; the nearest pruning step is taken and must be among the "
        "snapshots; -m topology.density=A,B with 'snapshots=[A,B]' takes both from one pruned run",
        above=0, at_most=1, has_effect=_from_run,
    )  # fmt: skip
    swaps_per_edge: float = key(
        20.0, "rewired: double edge swaps tried per edge; active_nodes: moves tried per edge; "
        "either continues until the overlap with the start is stationary", above=0,
        at_most=10**6, has_effect=lambda config, topology: (
            topology.family in (Family.rewired, Family.active_nodes)
        ),
    )  # fmt: skip
    training: Budget = key(
        lambda: Budget(Rule.updates, 1000),
        "budget of the training under a pruned run's mask",
        has_effect=_from_run,
    )
