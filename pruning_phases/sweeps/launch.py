"""Launch of a sweep: every run that is not done, then the study's figures and a conclusion.

A run's identity is its physics, so the same command again is the same sweep. Its runs are listed in
``results_dir/.sweeps/NAME/sweep.json``, from which ``status`` finds missing ones.
"""

import logging
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from pruning_phases.analysis.registry import is_of_one_run, plot
from pruning_phases.config.groups import SweepConfig
from pruning_phases.config.identity import hash_of
from pruning_phases.console import PLAIN, new_console
from pruning_phases.errors import RunError, UserError, first_line, last_line
from pruning_phases.file_path import expanded
from pruning_phases.records.run import DONE, FAILED, RUNNING
from pruning_phases.records.sweep import SweepRecord
from pruning_phases.sweeps import slurm
from pruning_phases.sweeps.combinations import spanned
from pruning_phases.sweeps.dry_run import list_jobs
from pruning_phases.sweeps.plan import Job, jobs_of, refuse_other_inputs_of

MAX_NAMED = 4  # failures that the last line names


def sweep(
    grids: Sequence[Sequence[str]], master: DictConfig, loader: ConfigLoader, launcher: Launcher,
    max_batch_size: int,
) -> None:  # fmt: skip
    """Make the runs that the words of ``grids`` span and that are not done; report the outcome."""
    console, began = new_console(), time.time()
    options: SweepConfig = OmegaConf.to_object(master.sweep)  # type: ignore[assignment]
    jobs = jobs_of(spanned(grids, options, loader), master, loader, console)
    _refuse_half_interpolations(jobs)
    refuse_other_inputs_of(jobs, console)
    todo = [job for job in jobs if not job.is_done]
    if slurm.is_queued(launcher):
        slurm.refuse_jobs_without_time(launcher)
        slurm.refuse_unusable_folder(launcher)
    elif options.detach:
        raise UserError("sweep.detach=true needs hydra/launcher=slurm")
    if options.dry_run:
        list_jobs(jobs, console)
        return
    console.print(
        f"sweep: {len(jobs) - len(todo)} of {len(jobs)} runs done, {len(todo)} to do", **PLAIN
    )
    record = _begin_record(jobs)
    folder = Path(str(master.hydra.sweep.dir))
    if todo and slurm.is_queued(launcher):
        console.print(f"output of the jobs: {folder / '.submitit'}", **PLAIN)
    stopped, errors = None, dict[str, str]()
    try:
        report = _reporter(jobs, console)
        _launch(todo, record, launcher, max_batch_size, report, options, errors)
    except Exception as error:  # a job died, or nothing could be launched
        stopped = first_line(error)
    with suppress(OSError):
        folder.rmdir()  # unless a launcher has written into it
    if options.detach and not stopped:
        console.print(
            f"{len(todo)} jobs queued; python -m pruning_phases.status "
            f"{shlex.quote(str(record.results_dir))} shows their states", **PLAIN,
        )  # fmt: skip
        return
    if options.stop_at_failure and record.failure.exists():
        stopped = stopped or "stopped at the first failure"
    _end(jobs, record, began, bool(todo), stopped, console, errors)


def _begin_record(jobs: list[Job]) -> SweepRecord:
    """Write the record of the sweep, and make the folders of its studies."""
    name = hash_of([[job.config.study, job.asked] for job in jobs])
    record = SweepRecord(expanded(jobs[0].config.results_dir), name)
    record.write(sys.argv, [job.entry() for job in jobs])
    record.failure.unlink(missing_ok=True)
    for study in {job.config.study for job in jobs}:
        (record.results_dir / study).mkdir(exist_ok=True)  # status finds it before the first run
    # Each run prints a line of its own; the launchers' lines hold every override.
    logging.getLogger("hydra").setLevel(logging.WARNING)
    return record


def _end(
    jobs: list[Job], record: SweepRecord, began: float, launched: bool, stopped: str | None,
    console: Console, errors: dict[str, str],
) -> None:  # fmt: skip
    """Record and plot what is done, and conclude."""
    not_written = None
    try:
        record.write(sys.argv, [job.entry() for job in jobs])
    except RunError as error:  # a full disk; the runs that failed are named first
        not_written = error
    _plot_studies(jobs, console)
    first = jobs[0].config
    if first.logger.name == "wandb":
        from pruning_phases.sweeps.overview import log_overview  # imports pandas, wandb, matplotlib

        log_overview(record, first, began, console)
    _conclude(jobs, launched, stopped, console, errors)
    if not_written:
        raise not_written


def _refuse_half_interpolations(jobs: list[Job]) -> None:
    """Raise UserError for a folder whose name Hydra cannot store in the configuration of a job."""
    for job in jobs:
        if job.config.results_dir.count("${") > job.config.results_dir.count("}"):
            raise UserError(
                f"results_dir={job.config.results_dir}: a sweep cannot write to a folder with ${{ "
                "and without }: give another"
            )


def _launch(
    todo: list[Job], record: SweepRecord, launcher: Launcher, max_batch_size: int,
    report: Callable[[str], None], options: SweepConfig, errors: dict[str, str],
) -> None:  # fmt: skip
    """Launch the jobs, and wait until they have ended, unless the sweep is detached.

    Each job gets the id of its run: it refuses to run if ``conf`` was edited while it waited.
    ``errors`` gets those of jobs by the ids of their runs: a record on a full disk holds none.
    """
    commands = [
        [*job.overrides, f"sweep.name='{record.name}'", f"sweep.run='{job.asked}'",
         f"sweep.position='{number} of {len(todo)}'",
         f"sweep.stop_at_failure={str(options.stop_at_failure).lower()}"]
        for number, job in enumerate(todo, 1)
    ]  # fmt: skip
    if type(launcher).__name__ == "BasicLauncher":
        _one_after_another(
            todo,
            lambda i: _note_errors(
                todo[i : i + 1], launcher.launch([commands[i]], initial_job_idx=i), errors
            ),
            record.failure.exists if options.stop_at_failure else lambda: False,
        )  # fmt: skip
        return
    batches = [commands[i : i + max_batch_size] for i in range(0, len(todo), max_batch_size)]
    if slurm.is_queued(launcher):
        slurm.launch(launcher, batches, report, wait=not options.detach)
        return
    failures = []
    for number, batch in enumerate(batches):
        try:
            first = number * max_batch_size
            ended = launcher.launch(batch, initial_job_idx=first)
            _note_errors(todo[first:], ended, errors)
        except Exception as error:  # a worker died; the other batches are launched
            failures.append(error)
    if failures:
        raise failures[0]


def _note_errors(
    jobs: Sequence[Job], ended: Sequence[JobReturn] | None, errors: dict[str, str]
) -> None:
    """Note the errors with which jobs have ended, by the ids of their runs."""
    for job, one in zip(jobs, ended or (), strict=False):
        error = one._return_value  # the property would print the overrides of the job
        if isinstance(error, Exception):
            errors[job.asked] = first_line(error)


def _one_after_another(
    todo: Sequence[Job], launch: Callable[[int], Any], is_over: Callable[[], bool] = lambda: False
) -> None:
    """Launch each job unless another process has made its run, or failed at it, by then.

    A run that another process holds has its turn again at the end. No job is launched once
    ``is_over``.
    """
    earlier = [job.failed_at for job in todo]
    pending = list(range(len(todo)))
    while pending:
        held = []
        for i in pending:
            if is_over():
                return
            if todo[i].is_held:
                held.append(i)
            elif not todo[i].is_done and todo[i].failed_at in (None, earlier[i]):
                launch(i)
        if len(held) == len(pending):
            return
        pending = held


def _reporter(jobs: list[Job], console: Console) -> Callable[[str], None]:
    """Return a function that prints the number of runs in each state when the line changes."""
    printed = ""

    def report(waiting: str) -> None:
        nonlocal printed
        counts = Counter(job.info.get("state") for job in jobs)
        line = f"{counts[DONE]} of {len(jobs)} runs done, {counts[RUNNING]} begun, "
        line += f"{counts[FAILED]} failed{waiting and f', {waiting}'}"
        if line != printed:
            console.print(line, **PLAIN)
        printed = line

    return report


def _plot_studies(jobs: list[Job], console: Console) -> None:
    """Plot the figures over all runs of a study, once for each study."""
    last = {job.config.study: job for job in jobs if job.is_done}
    for job in last.values():
        record = job.record
        assert record is not None
        for name in job.config.figures:
            if not is_of_one_run(name):
                plot(name, record, console)


def _conclude(
    jobs: list[Job], launched: bool, stopped: str | None, console: Console,
    errors: Mapping[str, str],
) -> None:  # fmt: skip
    """Print how many runs are done. Raises RunError if some have failed or were not made.

    ``errors``: those that launchers have returned, by the ids of the runs.
    """
    # A held run may end while this looks: whether it is held is read before whether it is done.
    looks = [(job, job.is_held, job.is_done) for job in jobs]
    num_elsewhere = sum(is_held and not is_done for _, is_held, is_done in looks)
    unfinished = [job for job, is_held, is_done in looks if not (is_held or is_done)]
    others = f", {num_elsewhere} being made by other processes" if num_elsewhere else ""
    if launched:
        done = len(jobs) - len(unfinished) - num_elsewhere
        console.print(f"sweep: {done} of {len(jobs)} runs done{others}", **PLAIN)
    if not unfinished:
        return
    reasons = []
    for job in unfinished[:MAX_NAMED]:
        info = job.info
        known = errors.get(job.asked, "interrupted" if info else "not begun")
        reason = last_line(info.get("error", "")) if info.get("state") == FAILED else known
        reasons.append(f"{job.swept}: {reason}")
    more = f" and {len(unfinished) - MAX_NAMED} more" if len(unfinished) > MAX_NAMED else ""
    died = f" ({stopped})" if stopped else ""
    raise RunError(
        f"{len(unfinished)} of {len(jobs)} runs are not done{died}: {'; '.join(reasons)}{more}; "
        "the same command tries these again"
    )
