"""Standard output: tables stay whole in files and pipes, and a lost reader does not end a run."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from rich.console import Console


# Text as it is: no colours for numbers, no [tags], no line breaks inside a path.
PLAIN: Any = {"highlight": False, "soft_wrap": True, "markup": False}

WIDTH = 120  # columns of a table in a file or a pipe


def new_console() -> Console:
    """Standard output; lines of tables stay whole where no terminal sets a width."""
    from rich.console import Console

    keep_output_open()
    return Console(width=None if sys.stdout.isatty() else WIDTH)


def duration(seconds: float | None) -> str:
    """Write a duration with its two largest units; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def keep_output_open() -> None:
    """Let this process go on when its output cannot be written or shown; repeatable.

    A closed descriptor becomes the null device, so that no file gets its number. A character that
    the encoding lacks is replaced.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            _to_null_device(number)
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is io.TextIOWrapper:  # not the stream of a test or of a notebook
            if stream.errors == "strict":
                stream.reconfigure(errors="replace")
            setattr(sys, name, cast("io.TextIOWrapper", _Output(stream)))


def output_fault() -> OSError | None:
    """Return why standard output was lost, unless its reader has closed it."""
    sys.stdout.flush()
    return getattr(sys.stdout, "fault", None)


class _Output:
    """A stream that is discarded from its first fault on."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self.fault: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._discard(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._discard(error)

    def _discard(self, error: OSError) -> None:
        if error.errno != errno.EPIPE:  # `| head` has read what it wants
            self.fault = self.fault or error
        _to_null_device(self._stream.fileno())


def _to_null_device(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    else:
        os.set_inheritable(null, True)
