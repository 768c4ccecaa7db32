"""Entry point of every analysis: ``run("exponents")``."""

from typing import NoReturn

from omegaconf import DictConfig, OmegaConf

from pruning_phases.analysis.registry import analyses
from pruning_phases.cli.command import run as run_command
from pruning_phases.observables.registry import order_parameters, remember
from pruning_phases.records.run import find_records
from pruning_phases.records.select import folders_of


def run(name: str) -> NoReturn:
    module = analyses()[name]
    run_command(name, module.CONFIG, module.analyse, module.__doc__, remember_own_observables)


def remember_own_observables(composed: DictConfig) -> None:
    """If the command names an order parameter of a user's own, read its facts from the runs."""
    one, several = composed.get("order_parameter"), composed.get("order_parameters")
    named = {*([one] if one else []), *(several or [])}
    if not composed.get("runs") or named <= set(order_parameters()):
        return
    runs = OmegaConf.to_container(composed).get("runs")  # type: ignore[union-attr]
    for folder in folders_of(runs):
        for record in find_records(folder):
            remember(record.info().get("observables", []))
