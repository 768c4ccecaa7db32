"""Lease of a run: one process at a time writes it, on any number of machines.

The kernel's file lock decides between processes of one machine; it is released when a process dies.
Some network file systems do not carry it to other machines, so the holder also writes its name into
the file, and touches the file while it lives. The lease of a process on another machine is taken
over after ``STALE_SECONDS`` without a touch. A requeued job takes over its own lease at once.
"""

import errno
import fcntl
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from pruning_phases.errors import Busy

SECONDS_BETWEEN_TOUCHES = 5.0

STALE_SECONDS = 120.0

LOOKS, SECONDS_BETWEEN_READS = 5, 0.1

# File systems without locks answer in many ways: ENOLCK, ENOSYS, EOPNOTSUPP, 524 (NFS, autofs), …
HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
FAULTS = (errno.EIO, errno.ESTALE, errno.EBADF, errno.ENOTCONN, errno.ENOSPC, errno.EDQUOT)


class Lease:
    """The right to write a run, held until ``release``. Its file also holds the progress."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self._path, self._file = path, file
        self._began = time.monotonic()
        self._fraction_at_begin: float | None = None
        self._holder: dict[str, Any] = {
            "token": uuid.uuid4().hex, "host": socket.gethostname(), "pid": os.getpid(),
            "process_began": _process_began(os.getpid()), "job": _job(),
            "restarts": _restarts(), "fraction_done": None, "seconds_left": None,
        }  # fmt: skip
        self._over = threading.Event()
        self._write()
        self._thread = threading.Thread(target=self._keep_touching, daemon=True)
        self._thread.start()

    def progress(self, fraction: float) -> None:
        """Record the finished fraction of the run's updates, in [0, 1]."""
        if self._fraction_at_begin is None:
            self._fraction_at_begin, self._began = fraction, time.monotonic()
        done = fraction - self._fraction_at_begin
        left = (time.monotonic() - self._began) * (1 - fraction) / done if done > 0 else None
        self._holder |= {"fraction_done": fraction, "seconds_left": left}

    def check(self) -> None:
        """Raise Busy if another machine has taken the run over."""
        for _ in range(LOOKS):  # a file that is being written is unreadable
            holder = _read(self._path)
            if holder is not None:
                break
            time.sleep(SECONDS_BETWEEN_READS)
        if (holder or {}).get("token") != self._holder["token"]:
            raise Busy(f"{self._path.parent} was taken over by {_name(holder or {})}")

    def release(self) -> None:
        self._over.set()
        self._thread.join()
        with suppress(OSError):
            if (_read(self._path) or {}).get("token") == self._holder["token"]:
                os.truncate(self._path, 0)

    def _keep_touching(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_TOUCHES):
            with suppress(OSError, ValueError, Busy):
                self.check()
                self._write()

    def _write(self) -> None:
        text = json.dumps(self._holder)
        self._file.seek(0)
        self._file.write(text + " " * max(0, 500 - len(text)))  # covers earlier text
        self._file.flush()


@contextmanager
def hold(path: Path) -> Iterator[Lease]:
    """Hold the lease at ``path``. Raises Busy if another process holds it."""
    with path.open("a+") as appending:
        locked = _lock(appending)
        holder = _read(path)
        has_died = locked and holder and holder.get("host") == socket.gethostname()
        if holder and not has_died and _may_be_alive(holder, path):
            raise _busy(path, holder)
        with path.open("r+") as file:
            lease = Lease(path, file)
            try:
                yield lease
            finally:
                lease.release()


def holder_of(path: Path) -> dict[str, Any] | None:
    """Return the process that holds the lease, as its file describes it; None if there is none."""
    holder = _read(path)
    return holder if holder and _may_be_alive(holder, path) else None


def _lock(file: IO[str]) -> bool:
    """Take the file lock; return False if the file system has none. Raises Busy if it is held."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD:
            path = Path(file.name)
            raise _busy(path, _read(path) or {}) from error
        if error.errno in FAULTS:
            raise
        return False
    return True


def _may_be_alive(holder: dict[str, Any], path: Path) -> bool:
    """Return True unless the holder is known to have ended."""
    if holder.get("host") == socket.gethostname():
        return _is_running(int(holder.get("pid", 0)), holder.get("process_began"))
    requeued = holder.get("job") and holder["job"] == _job()
    if requeued and int(holder.get("restarts", 0)) < _restarts():
        return False
    return _age(path) < STALE_SECONDS


def _age(path: Path) -> float:
    """Return the seconds since the file was touched, by the clock of the file system.

    Where nothing can be written, the clock of this machine counts.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        beside.touch()
        return beside.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return time.time() - path.stat().st_mtime
    finally:
        with suppress(OSError):
            beside.unlink()


def _is_running(pid: int, began: int | None) -> bool:
    """Return True if the process runs; its start time tells it from a later one of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return pid > 0 and began in (None, _process_began(pid))


def _process_began(pid: int) -> int | None:
    """Return the start of a process in clock ticks since boot; None without /proc."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text() or "null")
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _restarts() -> int:
    """Return how often SLURM has requeued this job."""
    return int(os.environ.get("SLURM_RESTART_COUNT", "0"))


def _job() -> str | None:
    """Return SLURM's job id, which a requeue does not change."""
    return os.environ.get("SLURM_JOB_ID")


def _busy(path: Path, holder: dict[str, Any]) -> Busy:
    return Busy(f"{path.parent} is being written by another process, {_name(holder)}")


def _name(holder: dict[str, Any]) -> str:
    return f"{holder.get('pid', '?')} on {holder.get('host', '?')}"
