"""Provenance of results: code, versions, host, processor and time."""

import platform
import socket
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

VERSIONED = ("torch", "lightning", "numpy", "pruning-phases")
MODEL_NUMBERS = ("cpu family", "model", "CPU implementer", "CPU part")


def provenance() -> dict[str, Any]:
    """Return commit, versions, host and processor of this process."""
    return {
        "git": _git_state(),
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in VERSIONED},
        },
        "host": socket.gethostname(),
        "processor": processor(),
    }


@cache  # the package may be edited while this process runs
def _git_state() -> dict[str, Any]:
    """Return commit and dirty flag of the package's checkout; None for an installed package."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return {"commit": None, "dirty": None}

    def ask(*words: str) -> str:
        return _output("git", "-C", str(root), *words)

    try:
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(ask("status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def _output(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=10, check=True
    ).stdout.strip()


@cache
def processor() -> str:
    """Return the model of the processor."""
    found = ""
    with suppress(OSError, subprocess.SubprocessError):
        if platform.system() == "Darwin":
            found = _output("sysctl", "-n", "machdep.cpu.brand_string")
        else:
            found = model_in(Path("/proc/cpuinfo").read_text(errors="replace"))
    return found or platform.processor() or platform.machine()


def model_in(cpuinfo: str) -> str:
    """Return the model of the first processor in Linux's ``/proc/cpuinfo``; "" if it has none.

    Virtual machines give several x86 models one name, and ARM has numbers only.
    """
    lines = [line.partition(":") for line in cpuinfo.strip().partition("\n\n")[0].splitlines()]
    known = {name.strip(): value.strip() for name, _, value in lines}
    parts = [f"{name} {known[name]}" for name in MODEL_NUMBERS if name in known]
    return ", ".join([*filter(None, [known.get("model name")]), *parts])


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
