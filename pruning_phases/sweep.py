"""A sweep: every combination of the values given, composed and checked before anything starts, less
the runs that are done already.

A run's identity is its physics, so the same command again is the same sweep. What it consists of is
noted in ``results_dir/.sweeps/NAME/sweep.json``, from which ``status`` tells what is missing.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases import queue
from pruning_phases.application import PLAIN, new_console
from pruning_phases.checks import check
from pruning_phases.combinations import combinations, composer
from pruning_phases.config import Config
from pruning_phases.errors import RunError, UserError, first_line, last_line
from pruning_phases.identity import name_of, run_id
from pruning_phases.records import DONE, FAILED, RUNNING, RunRecord, now
from pruning_phases.sweep_overview import Listed, log_overview
from pruning_phases.sweep_records import SweepRecord

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from hydra.core.override_parser.types import Override
    from hydra.plugins.launcher import Launcher
    from omegaconf import DictConfig
    from rich.console import Console

NAMED = 4  # failures that a line names


@dataclass(frozen=True)
class Job:
    """One combination. asked: the run's id, or, on a topology whose pruned run is not there yet, a
    name for what is asked for."""

    overrides: list[str]
    swept: str  # those of the overrides that differ within the sweep
    config: Config
    asked: str

    @property
    def record(self) -> RunRecord | None:
        """The run's record as far as it can be told by now."""
        from pruning_phases.topology_run import known_id

        try:
            run = known_id(self.config)
        except UserError:  # of the pruned run; the job says it itself
            return None
        return RunRecord(self.config.results_dir, self.config.study, run) if run else None


def sweep(
    words: Sequence[str], master: DictConfig, loader: ConfigLoader, launcher: Launcher,
    max_batch_size: int,
) -> None:  # fmt: skip
    """Run what ``words`` span and is not done yet, then say how it went.

    A run is told its sweep, and which run it was submitted for, so that it notices if ``conf`` was
    edited while it waited in a queue.
    """
    console, began = new_console(), time.time()
    jobs = _jobs(combinations(words, loader), master, loader, console)
    todo = [job for job in jobs if not _is_done(job)]
    console.print(
        f"sweep: {len(jobs) - len(todo)} of {len(jobs)} runs done, {len(todo)} to do", **PLAIN
    )
    results_dir = Path(jobs[0].config.results_dir).expanduser()
    name = name_of([[job.config.study, job.asked] for job in jobs])
    note = SweepRecord(results_dir, name)
    note.write(sys.argv, [_noted(job) for job in jobs])
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
    note.write(sys.argv, [_noted(job) for job in jobs])
    _draw(jobs, console)
    listed = (Listed(job.config.study, job.swept, job.record, _info(job)) for job in jobs)
    log_overview(listed, jobs[0].config, note, began, console)
    _conclude(jobs, bool(todo), stopped, console)


def _jobs(
    grid: list[list[Override]], master: DictConfig, loader: ConfigLoader, console: Console
) -> list[Job]:
    """The different runs of a sweep, all composed and checked: a sweep with a mistake in it does
    not begin."""
    from rich.progress import track

    compose = composer(master, loader)
    common = set.intersection(*({str(one.input_line) for one in job} for job in grid))
    varied = {str(one.input_line) for job in grid for one in job} - common
    jobs: dict[tuple[str, str, str], Job] = {}
    hidden = not console.is_terminal
    for overrides in track(grid, "composing", console=console, transient=True, disable=hidden):
        words = [str(override.input_line) for override in overrides]
        swept = " ".join(word for word in words if word in varied)
        try:
            config = check(compose(overrides))
        except UserError as error:
            raise UserError(f"{error} (of {swept})" if swept else str(error)) from error
        run = run_id(config)
        jobs.setdefault((config.results_dir, config.study, run), Job(words, swept, config, run))
    if len(jobs) < len(grid):
        same = len(grid) - len(jobs)
        console.print(f"note: {same} of {len(grid)} combinations are the same run", **PLAIN)
    return list(jobs.values())


def _launch(
    todo: list[Job], name: str, launcher: Launcher, max_batch_size: int, folder: Path,
    tell: Callable[[str], None],
) -> None:  # fmt: skip
    """Hand the jobs over, and wait until they have ended. folder: where submitit keeps its own."""
    told = [
        [*job.overrides, f"sweep.name='{name}'", f"sweep.run='{job.asked}'",
         f"sweep.place='{number} of {len(todo)}'"]
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
            if _is_held(todo[i]):
                held.append(i)
            elif not _is_done(todo[i]) and not _has_failed_since(todo[i], began):
                launch(i)
        if len(held) == len(pending):
            return
        pending = held


def _is_held(job: Job) -> bool:
    return job.record is not None and job.record.holder() is not None


def _has_failed_since(job: Job, began: str) -> bool:
    info = _info(job)
    return info.get("state") == FAILED and info.get("finished", "") >= began


def _is_done(job: Job) -> bool:
    return _info(job).get("state") == DONE


def _info(job: Job) -> dict[str, Any]:
    """What the run's record says; an unreadable one is of a run that failed."""
    try:
        record = job.record
        return record.info() if record else {}
    except UserError as error:
        return {"state": FAILED, "error": str(error)}


def _noted(job: Job) -> dict[str, Any]:
    record = job.record
    return {
        "study": job.config.study, "run": record.id if record else None, "asked": job.asked,
        "swept": job.swept, "overrides": job.overrides,
    }  # fmt: skip


def _teller(jobs: list[Job], console: Console) -> Callable[[str], None]:
    """Says how many runs are done, and what the others wait for, whenever that has changed."""
    said = ""

    def tell(waiting: str) -> None:
        nonlocal said
        counts = Counter(_info(job).get("state") for job in jobs)
        line = f"{counts[DONE]} of {len(jobs)} runs done, {counts[RUNNING]} begun, "
        line += f"{counts[FAILED]} failed{waiting and f', {waiting}'}"
        if line != said:
            console.print(line, **PLAIN)
        said = line

    return tell


def _draw(jobs: list[Job], console: Console) -> None:
    """The figures over all runs of a study, once."""
    from pruning_phases.train import OWN_FIGURES, draw

    last = {job.config.study: job for job in jobs if _is_done(job)}
    for job in last.values():
        record = job.record
        assert record is not None
        for figures in job.config.figures:
            if figures not in OWN_FIGURES:
                draw(figures, record, console)


def _conclude(jobs: list[Job], launched: bool, stopped: str | None, console: Console) -> None:
    """Say how many runs are done; a RunError if some are not."""
    unfinished = [job for job in jobs if not _is_done(job)]
    elsewhere = [job for job in unfinished if _info(job) and _is_held(job)]
    said = f", {len(elsewhere)} being made by other processes" if elsewhere else ""
    if launched:
        done = len(jobs) - len(unfinished)
        console.print(f"sweep: {done} of {len(jobs)} runs done{said}", **PLAIN)
    unfinished = [job for job in unfinished if job not in elsewhere]
    if not unfinished:
        return
    reasons = []
    for job in unfinished[:NAMED]:
        info = _info(job)
        reason = info.get("error", "") if info.get("state") == FAILED else "interrupted"
        reasons.append(f"{job.swept}: {last_line(reason) if info else 'not begun'}")
    more = f" and {len(unfinished) - NAMED} more" if len(unfinished) > NAMED else ""
    died = f" ({stopped})" if stopped else ""
    raise RunError(
        f"{len(unfinished)} of {len(jobs)} runs are not done{died}: {'; '.join(reasons)}{more}; "
        "the same command tries these again"
    )
