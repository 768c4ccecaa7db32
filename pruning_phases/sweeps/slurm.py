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

from pruning_phases.errors import RunError, first_line

if TYPE_CHECKING:
    from hydra.plugins.launcher import Launcher


Batch = Sequence[Sequence[str]]  # the overrides of each job

SECONDS_BETWEEN_LOOKS = 5.0

LOOKS_AFTER_THE_END = 4  # for results on a slow file system

OF_TURN = {"Resources", "Priority", "None", "BeginTime", "JobArrayTaskLimit"}  # no cause for worry


def is_queued(launcher: Launcher) -> bool:
    return type(launcher).__name__ == "SlurmLauncher"


def launch(
    launcher: Launcher, batches: Sequence[Batch], folder: Path, tell: Callable[[str], None]
) -> None:
    """Hand the batches to SLURM, each as a job array, and wait until their jobs have ended, however
    they do. A batch that SLURM refuses while others of this sweep are there (it limits how many
    jobs a user may have in the queue) is tried again when those have ended.

    folder: where submitit keeps its jobs; tell: called now and then with what jobs wait for.
    """
    arrays: list[_Array] = []
    first = 0
    for batch in batches:
        array = _Array(launcher, batch, first, folder)
        while array.is_refused and not all(earlier.has_ended() for earlier in arrays):
            _watch(arrays, tell)
            array = _Array(launcher, batch, first, folder)
        arrays.append(array)
        first += len(batch)
    _watch(arrays, tell)
    for array in arrays:
        if array.job is None and array.failure is not None:
            raise RunError(
                f"SLURM refused an array of {array.num_jobs} jobs: {first_line(array.failure)}; "
                "hydra.sweeper.max_batch_size=N makes smaller ones"
            ) from array.failure
    for array in arrays:
        if array.failure is not None:
            raise RunError(
                f"a job of the array {array.job} ended without a result; what they said is in "
                f"{folder}/{array.job}_*"
            ) from array.failure


class _Array:
    """A batch that was handed over, and the thread in which submitit waits for its results."""

    def __init__(self, launcher: Launcher, batch: Batch, first: int, folder: Path) -> None:
        self.num_jobs = len(batch)
        self.failure: Exception | None = None
        self.looks = 0  # since its jobs have left the queue
        before = _job_folders(folder)
        self._thread = threading.Thread(
            target=self._wait_for_results, args=(launcher, batch, first), daemon=True
        )
        self._thread.start()
        while self._thread.is_alive() and _job_folders(folder) == before:
            self._thread.join(0.1)
        self.job = min(_job_folders(folder) - before, default=None)

    def _wait_for_results(self, launcher: Launcher, batch: Batch, first: int) -> None:
        try:
            launcher.launch(batch, initial_job_idx=first)
        except Exception as error:
            self.failure = error

    @property
    def is_refused(self) -> bool:
        return self.job is None and self.failure is not None

    def has_ended(self) -> bool:
        """Tell whether all results are there, or will not come."""
        if not self._thread.is_alive() and (self.failure is None or self.job is None):
            return True
        left = self.job is not None and has_left(self.job)
        self.looks = self.looks + 1 if left else 0
        return left and (not self._thread.is_alive() or self.looks >= LOOKS_AFTER_THE_END)


def _watch(arrays: Sequence[_Array], tell: Callable[[str], None]) -> None:
    pause = threading.Event()
    while True:
        tell(waiting([array.job for array in arrays if array.job]))
        arrays = [array for array in arrays if not array.has_ended()]
        if not arrays:
            return
        pause.wait(SECONDS_BETWEEN_LOOKS)


def _job_folders(folder: Path) -> set[str]:
    """The job arrays that submitit has handed over."""
    return {path.name for path in folder.glob("[0-9]*") if path.name.isdigit()}


def has_left(job: str) -> bool:
    """Tell whether the job has left the queue; False if the queue does not answer."""
    answer = _squeue("-j", job, "-o", "%i")
    if answer is None:
        return False
    forgotten = "Invalid job id" in answer.stderr
    return not answer.stdout.strip() and (answer.returncode == 0 or forgotten)


def waiting(jobs: Sequence[str]) -> str:
    """Reasons why jobs wait, in SLURM's words; empty if they only wait for their turn."""
    answer = _squeue("-j", ",".join(jobs), "-t", "PD", "-o", "%r") if jobs else None
    reasons = set(answer.stdout.split()) - OF_TURN if answer else set()
    return f"others wait ({', '.join(sorted(reasons))})" if reasons else ""


def _squeue(*words: str) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            ["squeue", "-h", *words], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
