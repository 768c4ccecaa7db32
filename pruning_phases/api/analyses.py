"""Every analysis as a function of its keys.

In: the name of an analysis and values of its keys. Out: its result. Names, keys and their checks
come from the registry of the analyses.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import fields
from types import ModuleType
from typing import Any

from pruning_phases.api.results import Result, text_console, text_of
from pruning_phases.errors import UserError, first_line


def analyse(name: str, **options: Any) -> Result:
    """Run an analysis with the keys of ``python -m pruning_phases.NAME``; return its result.

    Files are written if ``output_dir`` is given. Nothing is printed. A table of ``collapse`` may be
    one of pandas. Raises UserError as the command does.

    >>> import pruning_phases as pp
    >>> result = pp.analyse("percolation", runs="multirun/transition", control="num_kept")
    >>> result[0].control
    'num_kept'
    """
    from pruning_phases.analysis.registry import RUN

    modules = computed()
    if name not in modules:
        raise UserError(f"{name}: no such analysis; choose {', '.join(modules)}")
    module = modules[name]
    config, console = configured(module, options), text_console()
    found = module.compute(config, console)
    of_runs = module.SCOPE == RUN
    result = Result(name, list(found) if of_runs else [found], of_runs, text_of(console))
    if config.output_dir:
        result.save(config.output_dir)
    return result


def computed() -> dict[str, ModuleType]:
    """Return the analyses whose results are more than a table or a figure, by name."""
    from pruning_phases.analysis.registry import analyses

    return {name: module for name, module in analyses().items() if hasattr(module, "compute")}


def configured(module: ModuleType, options: dict[str, Any]) -> Any:
    """Return the checked configuration of an analysis. Raises UserError that names the key."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from pruning_phases.analysis.registry import remember_own_observables
    from pruning_phases.config.analysis import TableInMemory, typed

    composed = OmegaConf.structured(module.CONFIG)
    # OmegaConf holds names only; a table of pandas is put into the checked configuration.
    frames = {
        key: TableInMemory.of(value)
        for key, value in options.items()
        if key == "table" and hasattr(value, "columns")
    }
    known = [one.name for one in fields(module.CONFIG)]
    for key, value in (options | frames).items():
        if key not in known:
            raise UserError(f"{key}: no such key; there are {', '.join(known)}")
        try:
            composed[key] = _plain(value)
        except OmegaConfBaseException as error:
            raise UserError(f"{key}: {first_line(error)}") from error
    remember_own_observables(composed)
    config = typed(composed, module.CONFIG)
    for key, frame in frames.items():
        setattr(config, key, frame)
    return config


def _plain(value: Any) -> Any:
    """Return paths as text, arrays and tuples as lists, and numbers of numpy as Python's."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def bound(name: str, runs: list[str] | str) -> Callable[..., Result]:
    """Return the analysis of these runs as a function with its keys as parameters."""

    def analysis(**options: Any) -> Result:
        return analyse(name, runs=runs, **options)

    kind = computed()[name].CONFIG
    parts = [part for part in fields(kind) if part.name != "runs"]
    default = kind()
    analysis.__name__ = name
    analysis.__doc__ = "\n".join(
        [computed()[name].__doc__ or "", "Keys:"]
        + [f"  {part.name}: {part.metadata['key'].meaning}" for part in parts]
    )
    parameter = inspect.Parameter
    analysis.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            parameter(part.name, parameter.KEYWORD_ONLY, default=getattr(default, part.name))
            for part in parts
        ],
        return_annotation=Result,
    )
    return analysis
