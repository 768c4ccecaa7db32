"""A preemption signal or Ctrl-C is answered after the round's checkpoint, and the run resumes."""

import signal
import sys

import pytest

from pruning_phases.config.identity import run_id
from pruning_phases.records.run import RUNNING, RunRecord
from pruning_phases.records.tensors import read_metadata
from pruning_phases.training.loop import EnsembleModule
from tests.support.runs import fresh, make, results


def test_a_preemption_signal_is_deferred_until_the_checkpoint_is_written(configure, monkeypatch):
    """On SLURM, submitit's handler requeues the job and exits; the job then repeats the command."""
    answered = []

    def requeue(number, frame):
        answered.append(number)
        sys.exit(-1)

    config = fresh(configure("training.budget.amount=4"), "preempted")
    whole = results(make(fresh(configure("training.budget.amount=4"), "whole")))
    step = EnsembleModule.training_step

    def preempted(self, block, batch_idx):
        step(self, block, batch_idx)
        if (self.step, self.round) == (0, 1) and not answered:
            signal.raise_signal(signal.SIGUSR2)
            assert not answered

    before = signal.signal(signal.SIGUSR2, requeue)
    try:
        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(EnsembleModule, "training_step", preempted)
            make(config)
        assert signal.getsignal(signal.SIGUSR2) is requeue and answered == [signal.SIGUSR2]
    finally:
        signal.signal(signal.SIGUSR2, before)
    record = RunRecord(config.results_dir, config.study, run_id(config))
    about = read_metadata(record.checkpoint_file)
    assert (about["step"], about["rounds"]) == (0, 2) and record.state == RUNNING
    assert results(make(config)) == whole


@pytest.mark.parametrize("presses", [1, 2])
def test_an_interrupt_is_deferred_until_the_checkpoint_and_a_second_one_is_not(
    configure, monkeypatch, presses, capfd
):
    overrides = ("training.budget.amount=4", "checkpoint_seconds=1000")
    config = fresh(configure(*overrides), "interrupted")
    whole = results(make(fresh(configure(*overrides), "whole")))
    step = EnsembleModule.training_step
    sent = []

    def interrupted(self, block, batch_idx):
        step(self, block, batch_idx)
        if (self.step, self.round) == (0, 1):
            for _ in range(presses - len(sent)):
                sent.append(1)
                signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(EnsembleModule, "training_step", interrupted)
            make(config)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(sent) == presses
    assert capfd.readouterr().err.count("Ctrl-C again ends it at once") == 1
    record = RunRecord(config.results_dir, config.study, run_id(config))
    assert record.state == RUNNING and record.checkpoint_file.exists() == (presses == 1)
    if presses == 1:
        about = read_metadata(record.checkpoint_file)
        assert (about["step"], about["rounds"]) == (0, 2)
    assert results(make(config)) == whole
