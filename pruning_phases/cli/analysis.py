"""Entry point of every analysis: ``run("exponents")``."""

from typing import NoReturn

from pruning_phases.analysis.registry import analyse, analyses, remember_own_observables
from pruning_phases.cli.command import run as run_command


def run(name: str) -> NoReturn:
    module = analyses()[name]
    run_command(name, module.CONFIG, analyse, module.__doc__, remember_own_observables)
