"""Entry point of the commands other than ``train``: a typed configuration, and a call with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from pruning_phases.cli.hydra_app import launch
from pruning_phases.config.analysis import typed
from pruning_phases.config.register import keys_of, register_command
from pruning_phases.console import new_console

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run(
    name: str,
    kind: type,
    act: Callable[[Any, Any], Any],
    about: str | None,
    prepare: Callable[[DictConfig], None] = lambda _: None,
) -> NoReturn:
    """Launch ``act(config, console)`` as the Hydra application ``name`` with keys of ``kind``.

    prepare: called with the composed configuration before it is checked.
    """

    def task(composed: DictConfig) -> None:
        prepare(composed)
        act(typed(composed, kind), new_console())

    register_command(name, kind, about or "")
    launch(name, task, keys_of(kind))
