"""A sweep as a job array on a real SLURM: a failure, a preemption, a cancellation, a repetition.

SLURM_CONF points to the cluster. Its partition ``urgent`` must preempt the default one by
requeueing jobs. Without such a cluster, the test is skipped.
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from pruning_phases.records.run import DONE, RunRecord, find_records
from tests.conftest import TINY, TWELVE
from tests.support.commands import NO_DOWNLOAD, started_train, train_process
from tests.support.runs import results

SLURM = ["hydra/launcher=slurm", "hydra.launcher.cpus_per_task=1"]
# Long enough to be preempted; the data of half of the runs are missing at first.
SWEEP = [*TWELVE, "trainer.num_threads=1", "pruner.finetune.amount=400", "checkpoint_seconds=1"]


def slurm(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def cluster():
    if shutil.which("sinfo") is None:
        pytest.skip("no SLURM here: sinfo is not installed")
    try:
        answer = slurm("sinfo", "-h", "-o", "%R")
    except subprocess.TimeoutExpired:
        pytest.skip("SLURM does not answer sinfo")
    if answer.returncode != 0:
        pytest.skip(f"SLURM does not answer: {answer.stderr.strip()}; set SLURM_CONF")
    if "urgent" not in answer.stdout.split():
        pytest.skip("SLURM has no partition urgent that preempts")
    return answer.stdout


def first_found(look, process, seconds=240):
    """Return what ``look`` finds, as soon as it finds something, while the process runs."""
    for _ in range(seconds * 5):
        if found := look():
            return found
        if process is not None and process.poll() is not None:
            raise AssertionError(process.communicate())
        time.sleep(0.2)
    raise AssertionError(f"nothing found in {seconds} s")


def pending(job):
    listed = slurm("squeue", "-h", "-r", "-t", "PD", "-o", "%i").stdout.split()
    return [name for name in listed if name.startswith(f"{job}_")]


@pytest.mark.slow
def test_a_detached_sweep_ends_at_once_and_its_jobs_go_on(cluster, tmp_path):
    words = ["-m", *TINY, "seed=0,1", *SLURM]
    began = train_process(*words, "sweep.detach=true", cwd=tmp_path)
    assert began.returncode == 0, began.stderr
    assert "2 jobs queued" in began.stdout and "runs done\n" not in began.stdout.split("queued")[1]
    first_found(lambda: len(find_records(tmp_path / "multirun")) == 2, None)
    again = train_process(*words, cwd=tmp_path)
    assert again.returncode == 0 and "sweep: 2 of 2 runs done" in again.stdout, again.stderr


@pytest.mark.slow
def test_an_array_survives_a_failure_a_preemption_and_a_cancellation(cluster, tmp_path, data_dir):
    later = tmp_path / "later"
    later.mkdir()
    (later / "MNIST").symlink_to(Path(data_dir) / "MNIST")
    local = [*SWEEP, "results_dir=local", f"data_dir={later}"]
    assert train_process(*local, cwd=tmp_path, **NO_DOWNLOAD).returncode == 0

    (tmp_path / "data").mkdir()
    words = [*SWEEP, *SLURM, "results_dir=remote", "data_dir=data"]
    process = started_train(*words, cwd=tmp_path, **NO_DOWNLOAD)
    remote = tmp_path / "remote"
    (folder,) = first_found(lambda: list(remote.glob(".sweeps/*/.submitit/[0-9]*_0")), process)
    job = folder.name.split("_")[0]
    cancelled = first_found(lambda: pending(job), process)[-1]
    assert slurm("scancel", cancelled).returncode == 0
    first_found(lambda: list(remote.glob("transition/*/checkpoint.safetensors")), process)
    cores = str(os.cpu_count())
    urgent = slurm("sbatch", "--parsable", "-p", "urgent", "-c", cores, "-o", "/dev/null",
                   "--wrap", "true")  # fmt: skip
    assert urgent.returncode == 0, urgent.stderr
    out, errors = process.communicate(timeout=500)
    assert process.returncode == 1, (out, errors)
    assert len(errors.strip().splitlines()) == 1
    assert "not in data_dir=data" in errors or "6 of 12" in errors or "7 of 12" in errors, errors

    infos = [json.loads(path.read_text()) for path in remote.glob("transition/*/run.json")]
    finished = [info for info in infos if info["state"] == DONE]
    assert {info["state"] for info in infos} == {"done", "failed"}
    assert any(len(info["segments"]) > 1 for info in finished)  # preempted, and went on by itself
    before = {info["id"]: info["finished"] for info in finished}

    (tmp_path / "data").rmdir()
    (tmp_path / "data").symlink_to(later)
    again = train_process(*words, cwd=tmp_path, **NO_DOWNLOAD)
    assert again.returncode == 0, again.stderr
    assert f"sweep: {len(before)} of 12 runs done, {12 - len(before)} to do" in again.stdout
    assert "sweep: 12 of 12 runs done" in again.stdout
    made = find_records(remote)
    assert len(made) == 12
    for record in made:
        info = record.info()
        assert before.get(record.id, info["finished"]) == info["finished"]
        reference = RunRecord(tmp_path / "local", "transition", record.id)
        for one in (info, reference.info()):
            assert one["segments"][-1]["num_threads"] == 1
        assert info["command"][1:] == words
        assert results(record) == results(reference)
