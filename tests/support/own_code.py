"""Modules of a user's own, written for the length of a test."""

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pruning_phases import import_path
from pruning_phases.observables import registry as observables
from pruning_phases.pruning import registry as scores

NUMBERS = itertools.count()

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """write(source) -> name of a new module; write(source, name) replaces one, as a new process
    would see it."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    written: list[str] = []

    def module(source: str, name: str = "") -> str:
        name = name or f"own{next(NUMBERS)}"
        (folder / f"{name}.py").write_text(source)
        written.append(name)
        forget()
        return name

    def forget() -> None:
        for name in written:
            sys.modules.pop(name, None)
        for cached in (
            import_path._imported, observables._own_observable, scores._own_score
        ):  # fmt: skip
            cached.cache_clear()

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield module
    forget()
