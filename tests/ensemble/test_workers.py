"""Threads over replicas: the same bytes with any number of them."""

import os
from pathlib import Path

import pytest
import torch

from pruning_phases.ensemble import workers
from tests.conftest import TINY
from tests.support.commands import train_process
from tests.support.kills import files


def test_results_come_in_the_order_of_the_replicas(with_workers):
    with_workers(3)
    assert workers.each(lambda r: r * r, range(10)) == [r * r for r in range(10)]


def test_a_thread_has_the_mode_of_its_caller_and_one_thread_inside_operations(with_workers):
    with_workers(2)

    def mode(_):
        return torch.is_grad_enabled(), torch.get_num_threads()

    assert workers.each(mode, range(4)) == [(True, 1)] * 4
    with torch.no_grad():
        assert workers.each(mode, range(4)) == [(False, 1)] * 4


def test_an_error_of_a_replica_is_raised(with_workers):
    with_workers(2)
    with pytest.raises(ZeroDivisionError):
        workers.each(lambda r: 1 / r, range(4))


def test_by_default_there_is_a_worker_for_each_core(with_workers):
    with_workers(None)
    assert workers.num_workers() == workers.CORES <= len(os.sched_getaffinity(0))


MODELS = {
    "dense and sparse": [],
    "convolutions": ["model=cnn", "model.channels=[4]"],
    "no chain": ["model=mlp_mixer", "model.dim=8", "model.patch_size=4"],
}


@pytest.mark.slow
@pytest.mark.parametrize("words", MODELS.values(), ids=MODELS)
def test_a_run_has_the_same_bytes_with_1_2_and_3_workers(words, tmp_path: Path):
    made = []
    small = [word for word in TINY if not word.startswith("model.")]
    for number in (1, 2, 3):
        options = ["num_replicas=3", f"trainer.num_threads={number}", f"results_dir={number}"]
        done = train_process(*small, *words, *options, cwd=tmp_path, OMP_NUM_THREADS="3")
        assert done.returncode == 0, done.stderr
        made.append(files(tmp_path / str(number)))
    assert made[0] and made[0] == made[1] == made[2]
