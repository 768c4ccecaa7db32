"""Launch of a sweep: every run that is not done, then the study's figures and a conclusion.

A run's identity is its physics, so the same command again is the same sweep. Its runs are listed in
``results_dir/.sweeps/NAME/sweep.json``, from which ``status`` finds missing ones.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.config.identity import hash_of
from pruning_phases.console import PLAIN, new_console
from pruning_phases.errors import RunError, first_line, last_line
from pruning_phases.records.provenance import now
from pruning_phases.records.run import DONE, FAILED, RUNNING
from pruning_phases.records.sweep import SweepRecord
from pruning_phases.sweeps import slurm as queue
from pruning_phases.sweeps.combinations import combinations
from pruning_phases.sweeps.overview import Listed, log_overview
from pruning_phases.sweeps.plan import (
    Job,
    has_failed_since,
    info_of,
    is_done,
    is_held,
    jobs_of,
    noted,
    refuse_other_sources_of,
)

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from hydra.plugins.launcher import Launcher
    from omegaconf import DictConfig
    from rich.console import Console


NAMED = 4  # failures that a line names


def sweep(
    words: Sequence[str], master: DictConfig, loader: ConfigLoader, launcher: Launcher,
    max_batch_size: int,
) -> None:  # fmt: skip
    """Run what ``words`` span and is not done yet, then say how it went.

    A run is told its sweep, and which run it was submitted for, so that it notices if ``conf`` was
    edited while it waited in a queue.
    """
    console, began = new_console(), time.time()
    jobs = jobs_of(combinations(words, loader), master, loader, console)
    refuse_other_sources_of(jobs)
    todo = [job for job in jobs if not is_done(job)]
    console.print(
        f"sweep: {len(jobs) - len(todo)} of {len(jobs)} runs done, {len(todo)} to do", **PLAIN
    )
    results_dir = Path(jobs[0].config.results_dir).expanduser()
    name = hash_of([[job.config.study, job.asked] for job in jobs])
    note = SweepRecord(results_dir, name)
    note.write(sys.argv, [noted(job) for job in jobs])
    for study in {job.config.study for job in jobs}:
        (results_dir / study).mkdir(exist_ok=True)  # so that status finds it before the first run
    # Each run says itself which one it is; the launchers' lines hold every override.
    logging.getLogger("hydra").setLevel(logging.WARNING)
    stopped = None
    place = Path(str(master.hydra.sweep.dir))
    try:
        folder = place / ".submitit"
        if todo and queue.is_queued(launcher):
            console.print(f"what the jobs say: {folder}", **PLAIN)
        _launch(todo, note.name, launcher, max_batch_size, folder, _teller(jobs, console))
    except Exception as error:  # a job died without a word, or nothing could be launched
        stopped = first_line(error)
    with suppress(OSError):
        place.rmdir()  # that no launcher has put anything into
    note.write(sys.argv, [noted(job) for job in jobs])
    _draw(jobs, console)
    listed = (Listed(job.config.study, job.swept, job.record, info_of(job)) for job in jobs)
    log_overview(listed, jobs[0].config, note, began, console)
    _conclude(jobs, bool(todo), stopped, console)


def _launch(
    todo: list[Job], name: str, launcher: Launcher, max_batch_size: int, folder: Path,
    tell: Callable[[str], None],
) -> None:  # fmt: skip
    """Hand the jobs over, and wait until they have ended. folder: where submitit keeps its own."""
    told = [
        [*job.overrides, f"sweep.name='{name}'", f"sweep.run='{job.asked}'",
         f"sweep.position='{number} of {len(todo)}'"]
        for number, job in enumerate(todo, 1)
    ]  # fmt: skip
    if type(launcher).__name__ == "BasicLauncher":
        _one_after_another(todo, lambda i: launcher.launch([told[i]], initial_job_idx=i))
        return
    batches = [told[i : i + max_batch_size] for i in range(0, len(told), max_batch_size)]
    if queue.is_queued(launcher):
        queue.launch(launcher, batches, folder, tell)
        return
    failures = []
    for number, batch in enumerate(batches):
        try:
            launcher.launch(batch, initial_job_idx=number * max_batch_size)
        except Exception as error:  # of a worker that died; the others go on
            failures.append(error)
    if failures:
        raise failures[0]


def _one_after_another(todo: Sequence[Job], launch: Callable[[int], Any]) -> None:
    """Launch each job unless other processes, at work on the same sweep, have made it or tried to
    by then. What one of them holds when its turn comes has another turn at the end."""
    began = now()
    pending = list(range(len(todo)))
    while pending:
        held = []
        for i in pending:
            if is_held(todo[i]):
                held.append(i)
            elif not is_done(todo[i]) and not has_failed_since(todo[i], began):
                launch(i)
        if len(held) == len(pending):
            return
        pending = held


def _teller(jobs: list[Job], console: Console) -> Callable[[str], None]:
    """Says how many runs are done, and what the others wait for, whenever that has changed."""
    said = ""

    def tell(waiting: str) -> None:
        nonlocal said
        counts = Counter(info_of(job).get("state") for job in jobs)
        line = f"{counts[DONE]} of {len(jobs)} runs done, {counts[RUNNING]} begun, "
        line += f"{counts[FAILED]} failed{waiting and f', {waiting}'}"
        if line != said:
            console.print(line, **PLAIN)
        said = line

    return tell


def _draw(jobs: list[Job], console: Console) -> None:
    """The figures over all runs of a study, once."""
    from pruning_phases.analysis.registry import is_of_one_run, plot

    last = {job.config.study: job for job in jobs if is_done(job)}
    for job in last.values():
        record = job.record
        assert record is not None
        for name in job.config.figures:
            if not is_of_one_run(name):
                plot(name, record, console)


def _conclude(jobs: list[Job], launched: bool, stopped: str | None, console: Console) -> None:
    """Say how many runs are done; a RunError if some are not."""
    unfinished = [job for job in jobs if not is_done(job)]
    elsewhere = [job for job in unfinished if info_of(job) and is_held(job)]
    said = f", {len(elsewhere)} being made by other processes" if elsewhere else ""
    if launched:
        done = len(jobs) - len(unfinished)
        console.print(f"sweep: {done} of {len(jobs)} runs done{said}", **PLAIN)
    unfinished = [job for job in unfinished if job not in elsewhere]
    if not unfinished:
        return
    reasons = []
    for job in unfinished[:NAMED]:
        info = info_of(job)
        reason = info.get("error", "") if info.get("state") == FAILED else "interrupted"
        reasons.append(f"{job.swept}: {last_line(reason) if info else 'not begun'}")
    more = f" and {len(unfinished) - NAMED} more" if len(unfinished) > NAMED else ""
    died = f" ({stopped})" if stopped else ""
    raise RunError(
        f"{len(unfinished)} of {len(jobs)} runs are not done{died}: {'; '.join(reasons)}{more}; "
        "the same command tries these again"
    )
