"""Errors that a user reads: one line that names the key and the cure."""

LONGEST_REASON = 300  # characters; a library may quote what it has read


def first_line(error: BaseException) -> str:
    """First line of an exception's message, or its type where the message is empty."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0] if len(lines[0]) <= LONGEST_REASON else f"{lines[0][:LONGEST_REASON]} …"


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def in_one_line(text: str) -> str:
    """Write what cannot be shown in a line as its escape sequence."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class UserError(Exception):
    """The request cannot be carried out as it stands (exit code 2).

    The message may hold names and texts from files, and stays one line.
    """

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(in_one_line(message))


class RunError(Exception):
    """A run had to stop (exit code 1)."""

    exit_code = 1


class Terminated(BaseException):
    """SIGTERM ended the process; the same command resumes the run.

    It ends a whole sweep, so it is not an Exception, which would end one run alone.
    """


class Busy(Exception):
    """Another process is writing this run: no fault, and no action needed."""
