"""Lease of a run: one process at a time writes it, on any number of machines.

The kernel's file lock decides between processes of one machine, and it is released when a process
dies. Not every cluster's file system carries it to other machines, so the holder also writes its
name into the file and touches it while it lives. A lease that another machine has not touched for
``STALE_SECONDS`` is taken over. A lease that the same job of the scheduler held before it was
requeued is taken over at once.
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

NO_FILE_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class Lease:
    """The right to write a run, held until ``release``. It also carries the run's progress."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self._path, self._file = path, file
        self._began = time.monotonic()
        self._fraction_at_begin: float | None = None
        self._about: dict[str, Any] = {
            "token": uuid.uuid4().hex, "host": socket.gethostname(), "pid": os.getpid(),
            "process_began": _process_began(os.getpid()), "job": _job(),
            "restarts": _restarts(), "fraction_done": None, "seconds_left": None,
        }  # fmt: skip
        self._over = threading.Event()
        self._write()
        self._thread = threading.Thread(target=self._keep_touching, daemon=True)
        self._thread.start()

    def progress(self, fraction: float) -> None:
        """Note the fraction of the run's updates that are done, in [0, 1]."""
        if self._fraction_at_begin is None:
            self._fraction_at_begin, self._began = fraction, time.monotonic()
        done = fraction - self._fraction_at_begin
        left = (time.monotonic() - self._began) * (1 - fraction) / done if done > 0 else None
        self._about |= {"fraction_done": fraction, "seconds_left": left}

    def check(self) -> None:
        """Busy, if another machine has taken the run over since this process was last heard of."""
        for _ in range(LOOKS):  # what is being written just then cannot be read
            holder = _read(self._path)
            if holder is not None:
                break
            time.sleep(SECONDS_BETWEEN_READS)
        if (holder or {}).get("token") != self._about["token"]:
            raise Busy(f"{self._path.parent} was taken over by {_name(holder or {})}")

    def release(self) -> None:
        self._over.set()
        self._thread.join()
        with suppress(OSError):
            if (_read(self._path) or {}).get("token") == self._about["token"]:
                os.truncate(self._path, 0)

    def _keep_touching(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_TOUCHES):
            with suppress(OSError, ValueError, Busy):
                self.check()
                self._write()

    def _write(self) -> None:
        text = json.dumps(self._about)
        self._file.seek(0)
        self._file.write(text + " " * max(0, 500 - len(text)))  # never shorter than what was there
        self._file.flush()


@contextmanager
def hold(path: Path) -> Iterator[Lease]:
    """The lease at ``path``, or Busy."""
    with path.open("a+") as appending:
        locked = _lock(appending)
        holder = _read(path)
        left = locked and holder and holder.get("host") == socket.gethostname()
        if holder and not left and _may_be_alive(holder, path):
            raise Busy(f"{path.parent} is being written by another process, {_name(holder)}")
        with path.open("r+") as file:
            lease = Lease(path, file)
            try:
                yield lease
            finally:
                lease.release()


def holder_of(path: Path) -> dict[str, Any] | None:
    """Holder of the lease, as far as the file tells; None: nobody."""
    holder = _read(path)
    return holder if holder and _may_be_alive(holder, path) else None


def _lock(file: IO[str]) -> bool:
    """Take the file lock. False: the file system has none. Raises Busy if it is held."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = _read(Path(file.name)) or {}
        where = Path(file.name).parent
        raise Busy(f"{where} is being written by another process, {_name(holder)}") from error
    except OSError as error:
        if error.errno not in NO_FILE_LOCKS:
            raise
        return False
    return True


def _may_be_alive(holder: dict[str, Any], path: Path) -> bool:
    """Tell whether the process that wrote the file may still run."""
    if holder.get("host") == socket.gethostname():
        return _runs(int(holder.get("pid", 0)), holder.get("process_began"))
    requeued = holder.get("job") and holder["job"] == _job()
    if requeued and int(holder.get("restarts", 0)) < _restarts():
        return False
    return _age(path) < STALE_SECONDS


def _age(path: Path) -> float:
    """Seconds since the file was touched, by the clock of the machine that keeps the files, or,
    where nothing can be written, by that of this one."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        beside.touch()
        return beside.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return time.time() - path.stat().st_mtime
    finally:
        with suppress(OSError):
            beside.unlink()


def _runs(pid: int, began: int | None) -> bool:
    """Tell whether this very process runs: the start time guards against a reused number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return pid > 0 and began in (None, _process_began(pid))


def _process_began(pid: int) -> int | None:
    """In clock ticks since the machine was started; None where the system does not tell."""
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
    """Number of times that the scheduler has requeued this job."""
    return int(os.environ.get("SLURM_RESTART_COUNT", "0"))


def _job() -> str | None:
    """The scheduler's job id, which stays the same after a requeue."""
    return os.environ.get("SLURM_JOB_ID")


def _name(holder: dict[str, Any]) -> str:
    return f"{holder.get('pid', '?')} on {holder.get('host', '?')}"
