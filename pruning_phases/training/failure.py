"""Failure of a run, in its record.

In: a record, the user's import paths. Out: the state ``failed`` with one line. Knows no training.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pruning_phases.errors import Busy, RunError, Terminated
from pruning_phases.import_path import blamed
from pruning_phases.records.run import RunRecord


@contextmanager
def recorded_failure(record: RunRecord, paths: Mapping[str, str]) -> Iterator[None]:
    """Record an error as that of the run and raise it, as RunError if it comes from a user's code.

    A run that is interrupted has not failed.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, Terminated, Busy):
        raise
    except BaseException as error:
        line = blamed(error, paths)
        record.fail(line or str(error) or type(error).__name__)
        if line is None:
            raise
        raise RunError(line) from error
