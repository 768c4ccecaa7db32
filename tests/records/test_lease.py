"""Who may write a run: one process, on whatever machine, and nobody for longer than it lives."""

import errno
import fcntl
import json
import os
import socket
import subprocess
import sys

import pytest

from pruning_phases.errors import Busy
from pruning_phases.records import lease
from pruning_phases.records.lease import STALE_SECONDS, hold, holder_of


@pytest.fixture
def path(tmp_path):
    (tmp_path / "lock").touch()
    return tmp_path / "lock"


@pytest.fixture
def no_file_locks(monkeypatch):
    def refuse(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)


def written(path, age=0.0, **about):
    """A lease that somebody else holds or held."""
    path.write_text(json.dumps({"token": "theirs", "host": "elsewhere", "pid": 1} | about))
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))


def tmp_path_of(path):
    other = path.with_name("other")
    other.touch()
    return other


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_one_at_a_time_and_free_after_it(path):
    with hold(path) as mine:
        assert holder_of(path)["pid"] == os.getpid()
        with pytest.raises(Busy, match=f"another process, {os.getpid()} on"), hold(path):
            pass
        mine.check()
    assert holder_of(path) is None
    with hold(path):
        pass


def test_one_at_a_time_without_file_locks_too(path, no_file_locks):
    with hold(path), pytest.raises(Busy, match="another process"), hold(path):
        pass
    assert holder_of(path) is None


def test_another_machine_is_believed_until_it_is_silent(path):
    written(path, age=STALE_SECONDS - 10)
    assert holder_of(path)["host"] == "elsewhere"
    with pytest.raises(Busy, match="1 on elsewhere"), hold(path):
        pass
    written(path, age=STALE_SECONDS + 10)
    assert holder_of(path) is None
    with hold(path):
        assert holder_of(path)["host"] == socket.gethostname()


def test_a_job_that_was_put_into_the_queue_again_has_its_own_run_at_once(path, monkeypatch):
    """Another process of the same job, which has not been requeued since, is alive."""
    written(path, job="77", restarts=1)
    for job, restarts in (("78", "2"), ("77", "1")):
        monkeypatch.setenv("SLURM_JOB_ID", job)
        monkeypatch.setenv("SLURM_RESTART_COUNT", restarts)
        assert holder_of(path) is not None
        with pytest.raises(Busy), hold(path):
            pass
    monkeypatch.setenv("SLURM_RESTART_COUNT", "2")
    assert holder_of(path) is None
    with hold(path):
        pass


def test_a_process_of_this_machine_that_died_holds_nothing(path, no_file_locks):
    written(path, host=socket.gethostname(), pid=dead_pid())
    assert holder_of(path) is None
    with hold(path):
        pass
    written(path, host=socket.gethostname(), pid=os.getpid())
    with pytest.raises(Busy), hold(path):
        pass
    written(path, host=socket.gethostname(), pid=os.getpid(), process_began=1)  # of that number
    assert holder_of(path) is None
    with hold(path):
        pass


def test_who_was_taken_over_notices_and_leaves_the_other_alone(path):
    with hold(path) as mine:
        written(path)
        with pytest.raises(Busy, match="was taken over by 1 on elsewhere"):
            mine.check()
    assert json.loads(path.read_text())["host"] == "elsewhere"
    with hold(tmp_path_of(path)) as mine:
        tmp_path_of(path).write_text("")  # and has finished by now
        with pytest.raises(Busy, match="was taken over"):
            mine.check()


def test_progress_is_told_with_the_time_left(path, monkeypatch):
    clock = iter([0.0, 100.0, 130.0])
    monkeypatch.setattr(lease.time, "monotonic", lambda: next(clock, 130.0))
    with hold(path) as mine:
        mine.progress(0.4)  # of a run that goes on from there
        mine.progress(0.7)
        mine._write()
        about = holder_of(path)
    assert about["share"] == 0.7 and about["seconds_left"] == pytest.approx(30.0)


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"host": 3}'])
def test_what_a_file_without_sense_says_is_not_believed(path, content):
    path.write_text(content)
    os.utime(path, (0, 0))
    assert holder_of(path) is None
    with hold(path):
        pass
