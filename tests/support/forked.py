"""Commands in forks of one process that has imported everything: a tenth of a second each."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from pruning_phases.cli.main import commands
from tests.support.commands import environment

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        *(f"pruning_phases.{name}" for name in commands()), "pruning_phases.training.run",
        "matplotlib.figure", "pandas", "pyarrow.parquet", "scipy.optimize",
    ]
)  # fmt: skip
SECONDS_TO_STOP = 20


@dataclass(frozen=True)
class Ended:
    code: int | None
    out: str
    errors: str
    seconds_to_first_text: float


def forked(name: str, words: list[str], cwd: Path, seconds: float) -> Ended:
    """Run a command in ``cwd``; after ``seconds`` interrupt it as Ctrl-C does."""
    files = [cwd / ".out", cwd / ".errors"]
    process = CONTEXT.Process(target=_run, args=(name, words, cwd, files))
    process.start()
    first = _seconds_to_text(process, files, seconds)
    process.join(max(0.0, seconds - first))
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGINT)
        process.join(SECONDS_TO_STOP)
    if process.is_alive():
        process.kill()
        process.join()
    out, errors = (file.read_text(errors="replace") for file in files)
    return Ended(process.exitcode, out, errors, first)


def _seconds_to_text(process: ForkServerProcess, files: list[Path], most: float) -> float:
    began = time.monotonic()
    while process.is_alive() and time.monotonic() - began < most:
        if any(file.exists() and file.stat().st_size for file in files):
            break
        process.join(0.02)
    return time.monotonic() - began


def _run(name: str, words: list[str], cwd: Path, files: list[Path]) -> None:
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(cwd)
    # No sbatch on the path: a mutated word cannot submit jobs.
    kept = environment(HOME=str(cwd), PATH=str(Path(sys.executable).parent))
    os.environ.clear()
    os.environ.update(kept)
    sys.argv[:] = [name, *words]
    import_module(f"pruning_phases.{name}").main()
