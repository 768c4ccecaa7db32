"""The lease of a run: one process holds it, on any machine, and only while it lives."""

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


def answer_flock_with(number, monkeypatch):
    def refuse(file, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.fixture
def no_file_locks(monkeypatch):
    answer_flock_with(errno.ENOLCK, monkeypatch)


def write_lease(path, age=0.0, **more):
    """Write the lease of another process, touched ``age`` seconds ago."""
    path.write_text(json.dumps({"token": "theirs", "host": "elsewhere", "pid": 1} | more))
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_one_process_at_a_time_holds_the_lease(path):
    with hold(path) as mine:
        assert holder_of(path)["pid"] == os.getpid()
        with pytest.raises(Busy, match=f"another process, {os.getpid()} on"), hold(path):
            pass
        mine.check()
    assert holder_of(path) is None
    with hold(path):
        pass


def test_one_process_at_a_time_holds_the_lease_without_file_locks(path, no_file_locks):
    with hold(path), pytest.raises(Busy, match="another process"), hold(path):
        pass
    assert holder_of(path) is None


@pytest.mark.parametrize(
    "number",
    [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, 524, errno.EINVAL, errno.ENOTTY, errno.EPERM],
)
def test_a_file_system_without_locks_is_served_by_the_heartbeat(path, monkeypatch, number):
    """524 is the kernel's ENOTSUPP, which NFS and autofs answer."""
    answer_flock_with(number, monkeypatch)
    with hold(path) as mine:
        mine.check()
        with pytest.raises(Busy, match="another process"), hold(path):
            pass
    assert holder_of(path) is None


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EACCES])
def test_a_held_file_lock_means_busy(path, monkeypatch, number):
    answer_flock_with(number, monkeypatch)
    with pytest.raises(Busy, match="another process"), hold(path):
        pass


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_fault_of_the_file_system_is_no_missing_lock(path, monkeypatch, number):
    answer_flock_with(number, monkeypatch)
    with pytest.raises(OSError, match=os.strerror(number)), hold(path):
        pass


def test_the_lease_of_another_machine_expires(path):
    write_lease(path, age=STALE_SECONDS - 10)
    assert holder_of(path)["host"] == "elsewhere"
    with pytest.raises(Busy, match="1 on elsewhere"), hold(path):
        pass
    write_lease(path, age=STALE_SECONDS + 10)
    assert holder_of(path) is None
    with hold(path):
        assert holder_of(path)["host"] == socket.gethostname()


def test_a_requeued_job_takes_over_its_own_lease_at_once(path, monkeypatch):
    """Another job, and the same job without a requeue, do not."""
    write_lease(path, job="77", restarts=1)
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


def test_a_dead_process_of_this_machine_holds_nothing(path, no_file_locks):
    write_lease(path, host=socket.gethostname(), pid=dead_pid())
    assert holder_of(path) is None
    with hold(path):
        pass
    write_lease(path, host=socket.gethostname(), pid=os.getpid())
    with pytest.raises(Busy), hold(path):
        pass
    # An earlier process of the same number.
    write_lease(path, host=socket.gethostname(), pid=os.getpid(), process_began=1)
    assert holder_of(path) is None
    with hold(path):
        pass


def test_a_holder_that_was_taken_over_notices_and_leaves_the_file_alone(path):
    with hold(path) as mine:
        write_lease(path)
        with pytest.raises(Busy, match="was taken over by 1 on elsewhere"):
            mine.check()
    assert json.loads(path.read_text())["host"] == "elsewhere"


def test_a_holder_notices_a_successor_that_has_ended(path):
    with hold(path) as mine:
        path.write_text("")
        with pytest.raises(Busy, match="was taken over"):
            mine.check()


def test_progress_holds_the_time_left(path, monkeypatch):
    clock = iter([0.0, 100.0, 130.0])
    monkeypatch.setattr(lease.time, "monotonic", lambda: next(clock, 130.0))
    with hold(path) as mine:
        mine.progress(0.4)  # the run was resumed here
        mine.progress(0.7)
        mine._write()
        holder = holder_of(path)
    assert holder["fraction_done"] == 0.7 and holder["seconds_left"] == pytest.approx(30.0)


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"host": 3}'])
def test_an_unreadable_lease_holds_nothing(path, content):
    path.write_text(content)
    os.utime(path, (0, 0))
    assert holder_of(path) is None
    with hold(path):
        pass
