"""The warning that a cluster's scheduler gives before it takes a job's machine away.

submitit answers SLURM's signal by putting the job in the queue again and leaving at once. A run
answers it at the end of the round that it is in, once its checkpoint is written, and hands over to
submitit then.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNAL = getattr(signal, "SIGUSR2", None)  # what submitit asks SLURM for


class PreemptionSignal:
    """Whether the warning has come, and what is to be done about it."""

    def __init__(self) -> None:
        self._call: Callable[[], Any] | None = None
        self.has_left = False

    @property
    def at_all(self) -> bool:
        return self._call is not None

    def come(self, call: Callable[[], Any]) -> None:
        self._call = call

    def leave(self) -> None:
        """Do what was put off, if there is anything; submitit's answer ends with SystemExit."""
        if self._call is not None:
            call, self._call, self.has_left = self._call, None, True
            call()


@contextmanager
def deferred_signal() -> Iterator[PreemptionSignal]:
    """In here, a warning waits for ``leave``, if anything answers it at all."""
    warned = PreemptionSignal()
    answer = signal.getsignal(SIGNAL) if SIGNAL else None
    if not callable(answer) or threading.current_thread() is not threading.main_thread():
        yield warned
        return
    assert SIGNAL is not None
    handler: Callable[..., Any] = answer
    signal.signal(SIGNAL, lambda number, frame: warned.come(lambda: handler(number, frame)))
    try:
        yield warned
    finally:
        signal.signal(SIGNAL, handler)
        warned.leave()
