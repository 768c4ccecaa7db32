"""Facts about a configuration key, kept in the metadata of its dataclass field.

In: dataclasses whose fields were made with ``key``. Out: every key of a configuration with its
path, value and facts, for ``checks``, ``identity`` and ``help``. It knows no key by name.
"""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, get_type_hints

from pruning_phases.errors import UserError
from pruning_phases.import_path import is_import_path

LARGEST_SEED = 2**63 - 1  # the tables hold seeds as 64-bit integers
LARGEST_COUNT = 10**9  # examples, updates, replicas
LARGEST_WIDTH = 10**6  # units of a layer; memory holds less

ALWAYS_THERE = object()  # the key is as old as the identity's version


@dataclass(frozen=True)
class Key:
    """Facts about one key.

    ``has_effect(config, owner)``: False where the other options leave the key without effect.
    ``optional``: the default is null.
    ``machine``: True keeps the key out of the run's identity.
    ``before``: value that runs had before the key existed. A run with this value keeps its id.
    ``import_path``: the value, or each of a list, may be an import path ``module:name``.
    ``path``: the value is the path of a file or folder.
    ``paths``: the value is a path, a glob, or a list of them.
    """

    meaning: str = ""
    optional: bool = False
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    machine: bool = False
    before: Any = ALWAYS_THERE
    import_path: bool = False
    path: bool = False
    paths: bool = False
    has_effect: Callable[[Any, Any], bool] | None = None


@dataclass(frozen=True)
class Entry:
    """One key of a configuration; ``effective`` and ``machine`` take its groups into account."""

    path: str
    value: Any
    key: Key
    is_group: bool
    effective: bool
    machine: bool


def key(default: Any, meaning: str, **facts: Any) -> Any:
    """A dataclass field with its facts; ``default`` is a value, or a callable that makes one."""
    metadata = {"key": Key(meaning, optional=default is None, **facts)}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    if isinstance(default, list | dict):
        return field(default_factory=lambda: copy.copy(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def entries(config: Any) -> Iterator[Entry]:
    """Yield all keys of a configuration, each group before its keys."""
    yield from _entries(config, config, "", True, False)


def _entries(root: Any, owner: Any, path: str, effective: bool, machine: bool) -> Iterator[Entry]:
    for part in fields(owner):
        facts: Key = part.metadata.get("key", Key())
        value = getattr(owner, part.name)
        acts = effective and (facts.has_effect is None or facts.has_effect(root, owner))
        apart = machine or facts.machine
        yield Entry(f"{path}{part.name}", value, facts, is_dataclass(value), acts, apart)
        if is_dataclass(value):
            yield from _entries(root, value, f"{path}{part.name}.", acts, apart)


def import_paths(config: Any) -> dict[str, str]:
    """Import path -> its key, for all import paths of a configuration."""
    return {
        value: entry.path
        for entry in entries(config)
        if entry.key.import_path
        for value in (entry.value if isinstance(entry.value, list) else [entry.value])
        if is_import_path(value)
    }


def declared(kind: type, path: str = "", machine: bool = False) -> Iterator[tuple[str, Key, Any]]:
    """Path, facts and default of every key of a dataclass and of the dataclasses inside it."""
    hints = get_type_hints(kind)
    for part in fields(kind):
        facts: Key = part.metadata.get("key", Key())
        facts = replace(facts, machine=machine or facts.machine)
        if is_dataclass(hints[part.name]):
            yield from declared(hints[part.name], f"{path}{part.name}.", facts.machine)
        else:
            factory = part.default_factory
            default = factory() if callable(factory) else part.default
            yield f"{path}{part.name}", facts, default


def refuse_out_of_bounds(config: Any) -> None:
    """Raise UserError for the first number that lies outside the bounds of its key."""
    for entry in entries(config):
        numbers = entry.value if isinstance(entry.value, list) else [entry.value]
        for number in numbers:
            is_number = isinstance(number, int | float) and not isinstance(number, bool)
            if is_number and not _is_inside(number, entry.key):
                raise UserError(f"{entry.path}={number}: give {bounds_text(entry.key)}")


def _is_inside(number: float, facts: Key) -> bool:
    return (
        (isinstance(number, int) or math.isfinite(number))
        and (facts.at_least is None or number >= facts.at_least)
        and (facts.above is None or number > facts.above)
        and (facts.at_most is None or number <= facts.at_most)
        and (facts.below is None or number < facts.below)
    )


def bounds_text(facts: Key) -> str:
    """The allowed values in words, such as ``a number from 0 to below 1``."""
    return f"{_range_text(facts)}, or null" if facts.optional else _range_text(facts)


def _range_text(facts: Key) -> str:
    low = facts.at_least if facts.above is None else facts.above
    high = facts.at_most if facts.below is None else facts.below
    if low is None and high is None:
        return "a finite number"
    least, most = ("" if bound is None else _number_text(bound) for bound in (low, high))
    if high is None:
        return f"{least} or more" if facts.above is None else f"a number above {least}"
    end = f"up to {most}" if facts.below is None else f"below {most}"
    if low is None:
        return f"a number {end}"
    if facts.above is not None:
        return f"a number above {least} and {end}"
    return f"a number from {least} to {end.removeprefix('up to ')}"


def _number_text(number: float) -> str:
    """Whole numbers with all their digits."""
    return str(number) if isinstance(number, int) else f"{number:g}"
