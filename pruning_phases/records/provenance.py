"""Provenance of results: code, versions, host and time."""

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
    """Return the commit, the versions and the host of this process."""
    return {
        "git": _git_state(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in VERSIONED},
        "host": socket.gethostname(),
    }


@cache  # the package may be edited while this process runs
def _git_state() -> dict[str, Any]:
    """Return commit and dirty flag of the package's checkout; None for an installed package."""
    root = Path(__file__).parents[2]
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
