"""Plan of a sweep: its different runs, composed and checked before any starts, and their states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pruning_phases.config.checks import check
from pruning_phases.config.identity import run_id
from pruning_phases.config.keys import import_paths
from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN
from pruning_phases.errors import UserError
from pruning_phases.records.run import DONE, FAILED, RunRecord
from pruning_phases.records.sources import refuse_other_sources, sources
from pruning_phases.sweeps.combinations import composer

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from hydra.core.override_parser.types import Override
    from omegaconf import DictConfig
    from rich.console import Console


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
        from pruning_phases.training.source_run import known_id

        try:
            run = known_id(self.config)
        except UserError:  # of the pruned run; the job says it itself
            return None
        return RunRecord(self.config.results_dir, self.config.study, run) if run else None


def jobs_of(
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


def refuse_other_sources_of(jobs: list[Job]) -> None:
    """Raise UserError if a source file has changed since a run of the sweep began."""
    for job in jobs:
        if job.record is not None and info_of(job).get("sources"):
            refuse_other_sources(job.record, sources(import_paths(job.config)))


def is_held(job: Job) -> bool:
    return job.record is not None and job.record.holder() is not None


def has_failed_since(job: Job, began: str) -> bool:
    info = info_of(job)
    return info.get("state") == FAILED and info.get("finished", "") >= began


def is_done(job: Job) -> bool:
    return info_of(job).get("state") == DONE


def info_of(job: Job) -> dict[str, Any]:
    """Content of the run's record; an unreadable record counts as failed."""
    try:
        record = job.record
        return record.info() if record else {}
    except UserError as error:
        return {"state": FAILED, "error": str(error)}


def noted(job: Job) -> dict[str, Any]:
    record = job.record
    return {
        "study": job.config.study, "run": record.id if record else None, "asked": job.asked,
        "swept": job.swept, "overrides": job.overrides,
    }  # fmt: skip
