"""Plan of a sweep: its distinct runs, composed and checked before any starts, and their states."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from pruning_phases.config.checks import check
from pruning_phases.config.identity import run_id
from pruning_phases.config.keys import import_paths
from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN
from pruning_phases.data.same_data import refuse_other_data_of_done
from pruning_phases.errors import UserError
from pruning_phases.observables.registry import measured
from pruning_phases.records.run import DONE, FAILED, RunRecord
from pruning_phases.records.source_files import refuse_other_source_files, source_files
from pruning_phases.sweeps.combinations import composer
from pruning_phases.training.source_run import known_id


@dataclass(frozen=True)
class Job:
    """One combination of a sweep.

    swept: the overrides that differ within the sweep. asked: the run's id; on a topology whose
    pruned run is not done yet, the id of the request.
    """

    overrides: list[str]
    swept: str
    config: Config
    asked: str

    @property
    def record(self) -> RunRecord | None:
        """Record of the run; None while its id depends on a pruned run that is not done."""
        if not self.config.topology.family.is_from_run:
            return RunRecord(self.config.results_dir, self.config.study, self.asked)
        try:
            run = known_id(self.config)
        except UserError:  # about the pruned run; the job itself reports it
            return None
        return RunRecord(self.config.results_dir, self.config.study, run) if run else None

    @property
    def info(self) -> dict[str, Any]:
        """Content of the run's record; an unreadable record counts as failed."""
        try:
            record = self.record
            return record.info() if record else {}
        except UserError as error:
            return {"state": FAILED, "error": str(error)}

    @property
    def is_done(self) -> bool:
        return self.info.get("state") == DONE

    @property
    def is_held(self) -> bool:
        """True while a process makes the run."""
        return self.record is not None and self.record.holder() is not None

    @property
    def failed_at(self) -> str | None:
        """Time of the failure that the record tells of; None if it tells of none."""
        info = self.info
        return str(info.get("finished", "")) if info.get("state") == FAILED else None

    def entry(self) -> dict[str, Any]:
        """Entry of the job in the sweep's record."""
        record = self.record
        return {
            "study": self.config.study, "run": record.id if record else None, "asked": self.asked,
            "swept": self.swept, "overrides": self.overrides,
        }  # fmt: skip


def jobs_of(
    grid: list[list[Override]], master: DictConfig, loader: ConfigLoader, console: Console
) -> list[Job]:
    """Compose and check all runs of a sweep. A mistake in one of them stops the sweep."""
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


def refuse_other_inputs_of(jobs: list[Job], console: Console) -> None:
    """Raise UserError if the data or a source file have changed since a run of the sweep began.

    Finished runs without a column that runs have now are named.
    """
    hidden, lacking = not console.is_terminal, Counter[str]()
    for job in track(jobs, "comparing data", console=console, transient=True, disable=hidden):
        record, info = job.record, job.info
        if record is not None and info.get("sources"):
            refuse_other_source_files(record, source_files(import_paths(job.config)))
        if record is not None and info.get("state") == DONE:
            refuse_other_data_of_done(record, job.config)
            lacking.update(record.lacking(measured(job.config.optimizer)))
    if lacking:
        counted = ", ".join(f"{name} ({count})" for name, count in lacking.items())
        console.print(
            f"note: finished runs lack columns, since an earlier version made them: {counted}; "
            "delete their folders to make them again", **PLAIN,
        )  # fmt: skip
