"""Standard output: a console whose tables stay whole in files and pipes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


# Text as it is: no colours for numbers, no [tags], no line breaks inside a path.
PLAIN: Any = {"highlight": False, "soft_wrap": True, "markup": False}

WIDTH = 120  # columns of a table in a file or a pipe


def new_console() -> Console:
    """Standard output; lines of tables stay whole where no terminal sets a width."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH)
