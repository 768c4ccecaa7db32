"""Provenance: code, versions, host and time."""

import platform
import socket
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

VERSIONED = ("torch", "lightning", "numpy", "pruning-phases")


def provenance() -> dict[str, Any]:
    """The code and the machine that are at work here."""
    return {
        "git": _git_state(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in VERSIONED},
        "host": socket.gethostname(),
    }


@cache  # as it was when this process began to work
def _git_state() -> dict[str, Any]:
    """Commit and dirty flag of the checkout that this package is imported from, if it is one."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return {"commit": None, "dirty": None}

    def ask(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()

    try:
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(ask("status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
