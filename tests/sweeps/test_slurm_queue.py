"""A sweep in a SLURM queue, with a launcher and a queue that imitate submitit's and SLURM's."""

import itertools
import subprocess
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from pruning_phases.errors import RunError, UserError
from pruning_phases.sweeps import slurm
from tests.conftest import TINY
from tests.support.commands import train

pytest.importorskip("submitit", reason="no submitit")


class Cluster:
    """Queue of at most ``limit`` jobs. An array ends when ``has_left`` asks for it."""

    def __init__(self, folder, limit):
        self.folder, self.limit = folder, limit
        self.queue: dict[str, list] = {}
        self.launched: list[tuple[int, int, bool]] = []  # first, jobs, others in the queue
        self.numbers = itertools.count(1)
        self.without_result: set[str] = set()

    def launch(self, batch, initial_job_idx):
        if sum(map(len, self.queue.values())) + len(batch) > self.limit:
            raise RuntimeError("sbatch: error: QOSMaxSubmitJobPerUserLimit")
        array = str(next(self.numbers))
        self.launched.append((initial_job_idx, len(batch), bool(self.queue)))
        self.queue[array] = [self.job(f"{array}_{number}") for number in range(len(batch))]
        return self.queue[array]

    def job(self, job_id):
        paths = SimpleNamespace(folder=self.folder, result_pickle=self.folder / job_id)
        return SimpleNamespace(job_id=job_id, paths=paths)

    def has_left(self, array):
        for job in self.queue.pop(array, []):
            if job.job_id not in self.without_result:
                job.paths.result_pickle.touch()
        return True


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    cluster = Cluster(tmp_path, limit=5)
    monkeypatch.setattr(slurm, "has_left", cluster.has_left)
    monkeypatch.setattr(slurm, "waiting", ",".join)
    monkeypatch.setattr(slurm, "SECONDS_BETWEEN_LOOKS", 0.0)
    return cluster


def launch(cluster):
    """Launch three batches; return what was reported."""
    reports = []
    slurm.launch(cluster, [[["a"], ["b"]], [["c"], ["d"]], [["e"]]], reports.append)
    return reports


@pytest.mark.parametrize(
    ("minutes", "delay", "key"),
    [(2, 120, "timeout_min=2: .* give 4 or more"), (3, 120, "timeout_min=3"),
     (0, 1, "timeout_min=0: .* give 2"), (60, 3600, "timeout_min=60: .* give 62"),
     (10, 0, "signal_delay_s=0: give 1"), (4, 120, None), (2, 30, None)],
)  # fmt: skip
def test_jobs_that_could_only_be_requeued_are_refused(minutes, delay, key):
    launcher = SimpleNamespace(params={"timeout_min": minutes, "signal_delay_s": delay})
    with pytest.raises(UserError, match=f"hydra.launcher.{key}") if key else nullcontext():
        slurm.refuse_jobs_without_time(launcher)


def test_jobs_without_time_are_refused_before_anything_is_written(tmp_path):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher", reason="no submitit launcher")
    words = ["-m", *TINY, "seed=0,1", "hydra/launcher=slurm", "hydra.launcher.timeout_min=2"]
    result = train(*words, cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert "hydra.launcher.timeout_min=2: the signal to requeue comes up to 180 s before" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "found"), [("a\\b", r"keep \\ in"), ("a%Ab", "keep %A in"), ("100%", None)]
)
def test_a_folder_that_slurm_would_rename_is_refused(name, found):
    launcher = SimpleNamespace(params={"submitit_folder": f"/d/{name}/.submitit/%j"})
    with pytest.raises(UserError, match=f"results_dir: .*{found}") if found else nullcontext():
        slurm.refuse_unusable_folder(launcher)


def test_all_arrays_are_queued_together(cluster):
    launch(cluster)
    assert cluster.launched == [(0, 2, False), (2, 2, True), (4, 1, True)]


def test_a_detached_sweep_does_not_wait(cluster):
    reports = []
    slurm.launch(cluster, [[["a"], ["b"]], [["c"]]], reports.append, wait=False)
    assert sum(map(len, cluster.queue.values())) == 3 and not reports
    with pytest.raises(RunError, match="refused an array of 3 jobs"):
        slurm.launch(cluster, [[["a"], ["b"], ["c"]]], reports.append, wait=False)


def test_a_refused_array_is_submitted_again_when_the_others_have_ended(cluster):
    cluster.limit = 4
    launch(cluster)
    assert cluster.launched == [(0, 2, False), (2, 2, True), (4, 1, False)]


def test_an_array_that_is_refused_alone_is_an_error(cluster):
    cluster.limit = 1
    with pytest.raises(RunError, match="array of 2 jobs: .*QOSMax.*max_batch_size=N"):
        launch(cluster)
    assert cluster.launched == [(4, 1, False)]


def test_a_job_without_a_result_is_reported_when_all_others_have_ended(cluster):
    cluster.without_result = {"2_1"}
    message = f"1 of 5 jobs ended without a result; the output of 2_1 is in {cluster.folder}"
    with pytest.raises(RunError, match=message):
        launch(cluster)
    assert len(cluster.launched) == 3 and not cluster.queue


def test_results_that_come_late_are_waited_for(cluster, monkeypatch):
    """The file system shows a result at the last look."""
    cluster.without_result = {"2_1"}
    looks = itertools.count(1)

    def has_left(array):
        if array == "2" and next(looks) == slurm.LOOKS_AFTER_THE_END - 1:
            (cluster.folder / "2_1").touch()
        return cluster.has_left(array)

    monkeypatch.setattr(slurm, "has_left", has_left)
    assert launch(cluster)[0] == "1,2,3"


def test_reasons_to_wait_are_reported_unless_jobs_only_wait_for_their_turn(monkeypatch):
    reasons = "Resources\nPriority\nPartitionConfig\nPartitionConfig\n"
    answer = subprocess.CompletedProcess([], 0, reasons, "")
    monkeypatch.setattr(slurm, "_squeue", lambda *words: answer)
    assert slurm.waiting(["1", "2"]) == "others wait (PartitionConfig)"
    answer.stdout = "Resources\n"
    assert slurm.waiting(["1"]) == "" == slurm.waiting([])


@pytest.mark.parametrize(
    ("code", "out", "error", "left"),
    [
        (0, "1_3\n", "", False),
        (0, "", "", True),
        (1, "", "slurm_load_jobs error: Invalid job id specified", True),
        (1, "", "slurm_load_jobs error: Unable to contact slurm controller", False),
    ],
)
def test_an_array_has_left_only_if_the_queue_answers_so(monkeypatch, code, out, error, left):
    answer = subprocess.CompletedProcess([], code, out, error)
    monkeypatch.setattr(slurm, "_squeue", lambda *words: answer)
    assert slurm.has_left("1") == left
