"""Runs made inside the test's process: to their end, or interrupted at a chosen round."""

from pathlib import Path

import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.config.identity import run_id
from pruning_phases.config.run import Config
from pruning_phases.records.run import RunRecord
from pruning_phases.training.callbacks.record import Record
from tests.support import kills


def make(config: Config) -> RunRecord:
    return make_run(config, Console(quiet=True))


def fresh(config: Config, name: str) -> Config:
    config.results_dir = str(Path(config.results_dir) / name)
    return config


def results(record: RunRecord) -> dict[str, bytes]:
    """Read the files of a run that must not differ by a byte after any interruption."""
    return kills.files(record.folder)


def interrupted(config: Config, monkeypatch, last_round: int) -> RunRecord:
    """Make a run that is killed after ``last_round`` recorded rounds; return its record."""
    write, rounds = Record.on_train_epoch_end, []

    def killed(self, trainer, module):
        write(self, trainer, module)
        rounds.append(module.round)
        if len(rounds) == last_round:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Record, "on_train_epoch_end", killed)
        make(config)
    return RunRecord(config.results_dir, config.study, run_id(config))


def counted(config: Config, monkeypatch) -> tuple[RunRecord, list[int]]:
    """Make a run without interruption; returns its record and the step of each round."""
    write, steps = Record.on_train_epoch_end, []

    def counting(self, trainer, module):
        write(self, trainer, module)
        steps.append(module.step)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "on_train_epoch_end", counting)
        return make(config), steps


class Killed(BaseException):
    """A kill inside the process, which no handler of exceptions catches."""
