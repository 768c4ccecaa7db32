"""Compilation of loops that no library has.

In: functions. Out: machine code, kept on disk. A function releases the interpreter's lock, and runs
on one thread. Every operation is rounded as written: with sums in an order of the compiler's choice
(``fastmath``) a process that compiles and one that finds the code on disk differ in the last bits.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function at its first call, once for all processes."""
    folder = _folder()
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, folder  # type: ignore[attr-defined]
    try:
        return numba.njit(nogil=True, error_model="numpy", cache=bool(folder))(function)
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]


@cache
def _folder() -> str:
    """Folder of the machine code; empty where the user may write none.

    Its name is made from the sources. numba itself compares their times alone, and those of an
    installed package are always the same, so that it would take the code of an earlier version.
    """
    here, sources = Path(__file__), hashlib.blake2b(digest_size=8)
    for file in (here, *sorted(here.parent.rglob("*_kernels.py"))):
        sources.update(file.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "pruning_phases" / f"compiled-{sources.hexdigest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no home
        return ""
    return str(folder) if os.access(folder, os.W_OK) else ""
