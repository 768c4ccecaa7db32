"""Entry point of the commands other than ``train``: a typed configuration, and a call with it."""

from collections.abc import Callable
from typing import Any, NoReturn

from omegaconf import DictConfig

from pruning_phases.cli.hydra_app import launch
from pruning_phases.config.analysis import typed
from pruning_phases.config.register import keys_of, register_command
from pruning_phases.console import new_console


def run(
    name: str,
    kind: type,
    action: Callable[[Any, Any], Any],
    description: str | None,
    prepare: Callable[[DictConfig], None] = lambda _: None,
) -> NoReturn:
    """Launch ``action(config, console)`` as Hydra application ``name``, with keys of ``kind``.

    prepare: called with the composed configuration before it is checked.
    """

    def task(composed: DictConfig) -> None:
        prepare(composed)
        action(typed(composed, kind), new_console())

    register_command(name, kind, description or "")
    launch(name, task, keys_of(kind))
