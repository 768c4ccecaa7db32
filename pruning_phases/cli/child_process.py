"""A command of the package in a process of its own, whose output is shown.

In: a module and its words. Out: the exit code. Ctrl-C and SIGTERM end both processes, the child
first: it writes a checkpoint.
"""

import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from pruning_phases.errors import Terminated

INTERRUPTED, TERMINATED = (130, -signal.SIGINT), (143, -signal.SIGTERM)


def exit_code_of(words: Sequence[str]) -> int:
    """Run ``python -m WORDS`` and return its exit code.

    Raises KeyboardInterrupt or Terminated, once the child has ended, if a signal ended one of both.
    """
    ended_by: BaseException | None = None
    earlier = signal.signal(signal.SIGTERM, _terminated)
    try:
        child = subprocess.Popen([sys.executable, "-m", *words], stdin=subprocess.DEVNULL)
        while True:
            try:
                code = child.wait()
                break
            except KeyboardInterrupt as error:  # the terminal sends it to the child, too
                ended_by = ended_by or error
            except Terminated as error:
                ended_by = ended_by or error
                child.terminate()
    finally:
        signal.signal(signal.SIGTERM, earlier)
    if ended_by:
        raise ended_by
    if code in INTERRUPTED:
        raise KeyboardInterrupt
    if code in TERMINATED:
        raise Terminated
    return code


def _terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated
