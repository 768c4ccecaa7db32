"""Errors that a user reads: one line that names the key and the cure."""


def first_line(error: BaseException) -> str:
    """First line of an exception's message, or its type where the message is empty."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def in_one_line(text: str) -> str:
    """Write what cannot be shown in a line as its escape sequence."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class UserError(Exception):
    """The request cannot be carried out as it stands (exit code 2)."""

    exit_code = 2


class RunError(Exception):
    """A run had to stop (exit code 1)."""

    exit_code = 1


class Terminated(BaseException):
    """SIGTERM ended the process; the same command resumes the run.

    It ends a whole sweep, so it is not an Exception, which would end one run alone.
    """


class Busy(Exception):
    """Another process is writing this run: no fault, and no action needed."""
