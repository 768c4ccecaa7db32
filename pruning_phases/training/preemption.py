"""Signals that end a run after its current round: preemption by a scheduler, and Ctrl-C.

submitit answers SLURM's signal by requeueing the job and exiting at once, and Python answers Ctrl-C
by KeyboardInterrupt. A run defers the signal to the end of its current round, writes a checkpoint,
and calls that handler then. A second Ctrl-C is not deferred. Knows no training.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

SIGNAL = getattr(signal, "SIGUSR2", None)  # the signal that submitit requests from SLURM
NOTICE = b"interrupted: the run ends after this round; Ctrl-C again ends it at once\n"


class PreemptionSignal:
    """A signal that may have been received, and the call that answers it.

    was_answered: a scheduler's signal, whose answer is an exit that must not be changed.
    """

    def __init__(self) -> None:
        self._requeue: Callable[[], Any] | None = None
        self._is_interrupt = False
        self.was_answered = False

    @property
    def is_received(self) -> bool:
        return self._requeue is not None

    def receive(self, requeue: Callable[[], Any], is_interrupt: bool = False) -> None:
        self._requeue, self._is_interrupt = requeue, is_interrupt

    def requeue(self) -> None:
        """Answer a received signal. The handlers end with SystemExit or KeyboardInterrupt."""
        if self._requeue is not None:
            requeue, self._requeue = self._requeue, None
            self.was_answered = not self._is_interrupt
            requeue()


@contextmanager
def deferred_signal() -> Iterator[PreemptionSignal]:
    """Defer both signals until ``requeue`` is called, if the process has handlers for them."""
    received = PreemptionSignal()
    handlers: dict[int, Callable[..., Any]] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (SIGNAL, signal.SIGINT):
            handler = signal.getsignal(number) if number else None
            if number and callable(handler):
                handlers[number] = handler

    def receive(number: int, frame: FrameType | None) -> None:
        handler, is_interrupt = handlers[number], number == signal.SIGINT
        received.receive(lambda: handler(number, frame), is_interrupt)
        if is_interrupt:
            signal.signal(number, handler)
            with suppress(OSError):
                os.write(2, NOTICE)  # print is not safe inside a handler

    for number in handlers:
        signal.signal(number, receive)
    try:
        yield received
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        received.requeue()
