"""The preemption signal, which a cluster's scheduler sends before it ends a job.

submitit answers SLURM's signal by requeueing the job and exiting at once. A run defers the signal
to the end of its current round, writes a checkpoint, and calls submitit's handler then. Knows no
training.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNAL = getattr(signal, "SIGUSR2", None)  # the signal that submitit requests from SLURM


class PreemptionSignal:
    """A preemption signal that may have been received, and the call that answers it."""

    def __init__(self) -> None:
        self._requeue: Callable[[], Any] | None = None
        self.was_answered = False

    @property
    def is_received(self) -> bool:
        return self._requeue is not None

    def receive(self, requeue: Callable[[], Any]) -> None:
        self._requeue = requeue

    def requeue(self) -> None:
        """Answer a received signal. submitit's handler ends with SystemExit."""
        if self._requeue is not None:
            requeue, self._requeue, self.was_answered = self._requeue, None, True
            requeue()


@contextmanager
def deferred_signal() -> Iterator[PreemptionSignal]:
    """Defer the signal until ``requeue`` is called, if the process has a handler for it."""
    received = PreemptionSignal()
    earlier = signal.getsignal(SIGNAL) if SIGNAL else None
    if not callable(earlier) or threading.current_thread() is not threading.main_thread():
        yield received
        return
    assert SIGNAL is not None
    handler: Callable[..., Any] = earlier
    signal.signal(SIGNAL, lambda number, frame: received.receive(lambda: handler(number, frame)))
    try:
        yield received
    finally:
        signal.signal(SIGNAL, handler)
        received.requeue()
