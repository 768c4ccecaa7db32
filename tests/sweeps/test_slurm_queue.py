"""A sweep in a cluster's queue, with a launcher and a queue that only look like SLURM's."""

import itertools
import subprocess
import threading

import pytest

from pruning_phases.errors import RunError
from pruning_phases.sweeps import slurm as queue


class Cluster:
    """Takes as many jobs at a time as ``limit`` says. Arrays end when the watcher has looked."""

    def __init__(self, folder, limit):
        self.folder, self.limit = folder, limit
        self.waiting: dict[str, int] = {}
        self.launched: list[tuple[int, int, bool]] = []  # first, jobs, others in the queue
        self.numbers = itertools.count(1)
        self.ended = threading.Condition()
        self.without_result: set[int] = set()
        self.dying: set[int] = set()

    def launch(self, batch, initial_job_idx):
        if sum(self.waiting.values()) + len(batch) > self.limit:
            raise RuntimeError("sbatch: error: QOSMaxSubmitJobPerUserLimit")
        job = str(next(self.numbers))
        self.launched.append((initial_job_idx, len(batch), bool(self.waiting)))
        self.waiting[job] = len(batch)
        (self.folder / job).mkdir()
        (self.folder / f"{job}_0").mkdir()
        if initial_job_idx in self.without_result:  # submitit waits for ever for a cancelled job
            threading.Event().wait()
        if initial_job_idx in self.dying:  # and submitit gives up at once
            raise RuntimeError("Job 2_0 (task: 0) with path ...")
        with self.ended:
            self.ended.wait_for(lambda: job not in self.waiting)

    def has_left(self, job):
        with self.ended:
            left = job not in self.waiting
            self.waiting.pop(job, None)
            self.ended.notify_all()
        return left


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    cluster = Cluster(tmp_path, limit=5)
    monkeypatch.setattr(queue, "has_left", cluster.has_left)
    monkeypatch.setattr(queue, "waiting", ",".join)
    monkeypatch.setattr(queue, "SECONDS_BETWEEN_LOOKS", 0.01)
    return cluster


BATCHES = [[["a"], ["b"]], [["c"], ["d"]], [["e"]]]


def test_all_arrays_wait_side_by_side(cluster):
    queue.launch(cluster, BATCHES, cluster.folder, lambda waiting: None)
    assert cluster.launched == [(0, 2, False), (2, 2, True), (4, 1, True)]


def test_what_is_refused_for_their_number_follows_when_the_others_have_ended(cluster):
    cluster.limit = 4
    queue.launch(cluster, BATCHES, cluster.folder, lambda waiting: None)
    assert cluster.launched == [(0, 2, False), (2, 2, True), (4, 1, False)]


def test_what_is_refused_when_nothing_else_is_there_is_an_error(cluster):
    cluster.limit = 1
    with pytest.raises(RunError, match="array of 2 jobs: .*QOSMax.*max_batch_size=N"):
        queue.launch(cluster, BATCHES, cluster.folder, lambda waiting: None)
    assert cluster.launched == [(4, 1, False)]


def test_a_job_that_dies_is_told_when_all_others_have_ended(cluster):
    cluster.dying = {2}
    with pytest.raises(RunError, match=f"of the array 2 ended .* is in {cluster.folder}/2_"):
        queue.launch(cluster, BATCHES, cluster.folder, lambda waiting: None)
    assert len(cluster.launched) == 3 and not cluster.waiting


def test_a_result_that_never_comes_is_not_waited_for(cluster):
    cluster.without_result = {2}
    told = []
    queue.launch(cluster, BATCHES, cluster.folder, told.append)
    assert len(cluster.launched) == 3 and not cluster.waiting
    assert len(told) >= queue.LOOKS_AFTER_THE_END and told[0] == "1,2,3"


def test_what_jobs_wait_for_is_told_unless_it_is_their_turn(monkeypatch):
    reasons = "Resources\nPriority\nPartitionConfig\nPartitionConfig\n"
    answer = subprocess.CompletedProcess([], 0, reasons, "")
    monkeypatch.setattr(queue, "_squeue", lambda *words: answer)
    assert queue.waiting(["1", "2"]) == "others wait (PartitionConfig)"
    answer.stdout = "Resources\n"
    assert queue.waiting(["1"]) == "" == queue.waiting([])
