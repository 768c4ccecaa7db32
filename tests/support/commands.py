"""The package's commands, run inside the test's process or in a process of their own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from pruning_phases.records.sweep import command_of

ROOT = Path(__file__).parents[2]
NO_DOWNLOAD = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


def environment(path: Path = ROOT, **more: str) -> dict[str, str]:
    """Environment in which the package is found in ``path``, without a W&B account."""
    private = ("WANDB_", "HYDRA_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    return plain | {"PYTHONPATH": str(path), "NETRC": "/nonexistent"} | more


def command(name: str, *words: str, cwd: Path, **more: str) -> CompletedProcess[str]:
    """Run a command inside this process, which saves the seconds that a start takes."""
    out, errors = io.StringIO(), io.StringIO()
    command_of.cache_clear()
    with (
        patch.object(sys, "argv", [name, *words]),
        patch.object(sys, "path", [*sys.path]),
        patch.dict(os.environ, environment(**more), clear=True),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        try:
            import_module(f"pruning_phases.{name}").main()
            code: object = 0
        except SystemExit as exit_:
            code = exit_.code
    assert isinstance(code, int)
    return CompletedProcess([name, *words], code, out.getvalue(), errors.getvalue())


def train(*overrides: str, cwd: Path, **more: str) -> CompletedProcess[str]:
    return command("train", *overrides, cwd=cwd, **more)


def train_process(
    *overrides: str, cwd: Path, path: Path = ROOT, **more: str
) -> CompletedProcess[str]:
    """Run ``train`` in a process of its own, with the package found in ``path``."""
    return subprocess.run(
        [sys.executable, "-m", "pruning_phases.train", *overrides],
        cwd=cwd, capture_output=True, text=True, timeout=300, check=False,
        stdin=subprocess.DEVNULL, env=environment(path, **more),
    )  # fmt: skip


def started_train(*overrides: str, cwd: Path, **more: str) -> subprocess.Popen[str]:
    """Start ``train`` in a process of its own and return at once."""
    return subprocess.Popen(
        [sys.executable, "-m", "pruning_phases.train", *overrides], cwd=cwd, text=True,
        env=environment(**more), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
