"""Entry point of every analysis: ``run("exponents")``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pruning_phases.analysis.registry import analyses
from pruning_phases.cli.command import run as run_command
from pruning_phases.observables.registry import order_parameters, remember

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run(name: str) -> NoReturn:
    room = analyses()[name]
    run_command(name, room.CONFIG, room.analyse, room.__doc__, remember_own_observables)


def remember_own_observables(composed: DictConfig) -> None:
    """If the command names an order parameter of a user's own, read its facts from the runs."""
    one, several = composed.get("order_parameter"), composed.get("order_parameters")
    named = {*([one] if one else []), *(several or [])}
    if not composed.get("runs") or named <= set(order_parameters()):
        return
    from omegaconf import OmegaConf

    from pruning_phases.records.run import find_records
    from pruning_phases.records.select import folders_of

    runs = OmegaConf.to_container(composed).get("runs")  # type: ignore[union-attr]
    for folder in folders_of(runs):
        for record in find_records(folder):
            remember(record.info().get("observables", []))
