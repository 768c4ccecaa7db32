"""A preemption signal is answered after the round's checkpoint, and the run resumes."""

import signal
import sys

import pytest

from pruning_phases.config.identity import run_id
from pruning_phases.records.run import RUNNING, RunRecord
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
    about = record.read_metadata(record.checkpoint_file)
    assert (about["step"], about["rounds"]) == (0, 2) and record.state == RUNNING
    assert results(make(config)) == whole
