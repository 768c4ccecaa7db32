"""Atomic writing of files."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pruning_phases.errors import RunError

BESIDE = ".beside"  # suffix of a file that is not yet renamed


def write_beside(path: Path, write: Callable[[Path], Any]) -> None:
    """Write to a temporary name in the same folder, flush it to the disk, and rename."""
    beside = path.with_name(f".{path.name}.{os.getpid()}{BESIDE}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        cure = "make room" if full else "give results_dir=FOLDER where you may write, or free it"
        raise RunError(
            f"{path} cannot be written ({error.strerror or error}): {cure}, then run the same "
            "command again to go on"
        ) from error
    finally:
        beside.unlink(missing_ok=True)  # of an interrupted or failed write
