"""The errors that a person is meant to read: one line that names the key and the cure."""


def first_line(error: BaseException) -> str:
    """What an exception of a library says, or its kind where it says nothing."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


class UserError(Exception):
    """What was asked for cannot be done as it stands (exit code 2)."""

    exit_code = 2


class RunError(Exception):
    """A run that was under way had to stop (exit code 1)."""

    exit_code = 1


class Terminated(BaseException):
    """The process was told to end (SIGTERM); the same command goes on with the run. Of a sweep the
    whole ends, so it is no Exception, which would be one run's alone."""


class Busy(Exception):
    """Another process is writing this run; nothing is wrong and nothing is to be done."""
