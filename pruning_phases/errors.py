"""The errors that a person is meant to read: one line that names the key and the cure."""


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
