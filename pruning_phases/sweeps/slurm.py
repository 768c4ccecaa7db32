"""Sweep in a SLURM queue: submits job arrays and waits until their jobs have ended.

In: submitit's launcher and batches of overrides. Out: a RunError if SLURM refused an array or a job
ended without a result. Knows no run.

submitit's launcher waits for every result. It gives up at the first job that dies without one
while others still run. If the accounting does not know of a job that was cancelled before it began,
it waits forever. The queue itself knows when there is nothing left to wait for.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

from pruning_phases.errors import RunError, UserError, first_line

if TYPE_CHECKING:
    from hydra.plugins.launcher import Launcher
    from submitit import SlurmJob

Batch = Sequence[Sequence[str]]  # the overrides of each job
SECONDS_BETWEEN_LOOKS = 5.0
LOOKS_AFTER_THE_END = 4  # for results on a slow file system
TURN = {"Resources", "Priority", "None", "BeginTime", "JobArrayTaskLimit"}  # ordinary waiting
EARLIEST_SIGNAL = 60  # seconds before the requested time; SLURM looks at the clock once a minute


def is_queued(launcher: Launcher) -> bool:
    return type(launcher).__name__ == "SlurmLauncher"


def refuse_jobs_without_time(launcher: Launcher) -> None:
    """Raise UserError if the preemption signal comes as soon as a job begins.

    Such a job is requeued without progress, up to ``max_num_timeout`` times.
    """
    params = launcher.params  # type: ignore[attr-defined]
    minutes, delay = params["timeout_min"], params["signal_delay_s"]
    shortest = (delay + EARLIEST_SIGNAL) // 60 + 1
    if delay < 1:
        raise UserError(f"hydra.launcher.signal_delay_s={delay}: give 1 or more seconds")
    if minutes < shortest:
        raise UserError(
            f"hydra.launcher.timeout_min={minutes}: the signal to requeue comes up to "
            f"{delay + EARLIEST_SIGNAL} s before the end of a job, so none would make progress: "
            f"give {shortest} or more, or a smaller hydra.launcher.signal_delay_s"
        )


def refuse_unusable_folder(launcher: Launcher) -> None:
    """Raise UserError if SLURM would write the output of the jobs to another folder."""
    folder = str(launcher.params["submitit_folder"]).removesuffix("%j")  # type: ignore[attr-defined]
    if found := re.search(r"[\\\n]|%\w", folder):
        raise UserError(
            f"results_dir: SLURM does not keep {found[0]} in the name of a folder ({folder}): give "
            "another"
        )


def launch(
    launcher: Launcher, batches: Sequence[Batch], report: Callable[[str], None], wait: bool = True
) -> None:
    """Submit each batch as a job array; with ``wait``, return when all jobs have ended.

    SLURM limits the number of jobs that a user may queue. A batch that it refuses is submitted
    again when the earlier ones have ended. ``report`` gets the reasons for which jobs wait.
    """
    arrays: list[_Array] = []
    refusal: tuple[int, Exception] | None = None
    first = 0
    for batch in batches:
        while True:
            try:
                arrays.append(_Array(_submit(launcher, batch, first)))
            except Exception as error:
                if wait and any(not array.has_ended() for array in arrays):
                    _watch(arrays, report)
                    continue
                refusal = refusal or (len(batch), error)
            break
        first += len(batch)
    if wait:
        _watch(arrays, report)
    if refusal is not None:
        raise RunError(
            f"SLURM refused an array of {refusal[0]} jobs: {first_line(refusal[1])}; "
            "hydra.sweeper.max_batch_size=N makes smaller ones"
        ) from refusal[1]
    lost = [job for array in arrays for job in array.jobs if wait and not _has_result(job)]
    if lost:
        raise RunError(
            f"{len(lost)} of {first} jobs ended without a result; the output of {lost[0].job_id} "
            f"is in {lost[0].paths.folder}"
        )


def _submit(launcher: Launcher, batch: Batch, first: int) -> list[SlurmJob]:
    """Submit a batch; ``launcher.launch`` returns the jobs in place of their results."""
    from submitit import SlurmJob

    with patch.object(SlurmJob, "results", lambda job: [job]):
        return list(launcher.launch(batch, initial_job_idx=first))  # type: ignore[arg-type]


@dataclass
class _Array:
    """Jobs of a submitted batch. looks: number of looks since they have left the queue."""

    jobs: list[SlurmJob]
    looks: int = 0

    @property
    def id(self) -> str:
        return self.jobs[0].job_id.partition("_")[0]

    def has_ended(self) -> bool:
        """Return True if all results are there, or none is expected any more."""
        if all(map(_has_result, self.jobs)):
            return True
        self.looks = self.looks + 1 if has_left(self.id) else 0
        return self.looks >= LOOKS_AFTER_THE_END


def _has_result(job: SlurmJob) -> bool:
    folder = job.paths.folder
    with suppress(OSError):
        folder.chmod(folder.stat().st_mode)  # refreshes the cache of a network file system
    return job.paths.result_pickle.exists()


def _watch(arrays: Sequence[_Array], report: Callable[[str], None]) -> None:
    while True:
        report(waiting([array.id for array in arrays]))
        arrays = [array for array in arrays if not array.has_ended()]
        if not arrays:
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def has_left(array: str) -> bool:
    """Return True if an array has left the queue, and False if the queue does not answer."""
    answer = _squeue("-j", array, "-o", "%i")
    if answer is None:
        return False
    forgotten = "Invalid job id" in answer.stderr
    return not answer.stdout.strip() and (answer.returncode == 0 or forgotten)


def waiting(arrays: Sequence[str]) -> str:
    """Return SLURM's reasons for which jobs wait; empty if they only wait for their turn."""
    answer = _squeue("-j", ",".join(arrays), "-t", "PD", "-o", "%r") if arrays else None
    reasons = set(answer.stdout.split()) - TURN if answer else set()
    return f"others wait ({', '.join(sorted(reasons))})" if reasons else ""


def _squeue(*words: str) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            ["squeue", "-h", *words], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
