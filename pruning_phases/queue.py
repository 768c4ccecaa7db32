"""A sweep that waits in a cluster's queue: launched, watched, and given up when it has left it.

submitit's launcher waits for a result of every job. It gives up at the first job that dies without
one while others are still at work, and waits for ever for one that was cancelled before it began
where the accounting does not know of it. The queue itself knows when nothing is left to wait for.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydra.plugins.launcher import Launcher

SECONDS_BETWEEN_LOOKS = 5.0
LOOKS_AFTER_THE_END = 4  # for results on a slow file system


def is_queued(launcher: Launcher) -> bool:
    return type(launcher).__name__ == "SlurmLauncher"


def launch(
    launcher: Launcher, batch: Sequence[Sequence[str]], first: int, folder: Path,
    tell: Callable[[], None],
) -> None:  # fmt: skip
    """Hand the batch to SLURM and wait until its jobs have ended, however they do. folder: where
    submitit keeps its jobs; tell: called now and then."""
    failures: list[Exception] = []

    def work() -> None:
        try:
            launcher.launch(batch, initial_job_idx=first)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    looks = 0
    while looks < LOOKS_AFTER_THE_END:
        thread.join(SECONDS_BETWEEN_LOOKS)
        tell()
        jobs = array_jobs(folder)
        if not thread.is_alive() and (not failures or not jobs or have_left(jobs)):
            break
        looks = looks + 1 if jobs and have_left(jobs) else 0
    if failures:
        raise failures[0]


def array_jobs(folder: Path) -> list[str]:
    """The job arrays that submitit has handed over."""
    return sorted(path.name for path in folder.glob("[0-9]*") if path.name.isdigit())


def have_left(jobs: Sequence[str]) -> bool:
    """Whether none of the jobs is in the queue any more; False if it does not answer."""
    for job in jobs:
        try:
            answer = subprocess.run(
                ["squeue", "-h", "-j", job, "-o", "%i"], capture_output=True, text=True,
                timeout=30, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return False
        forgotten = "Invalid job id" in answer.stderr
        if answer.stdout.strip() or (answer.returncode != 0 and not forgotten):
            return False
    return True
