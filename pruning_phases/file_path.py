"""Paths of files and folders as a user types them.

In: the text of a key. Out: the path, or the paths that match a pattern. Knows no key by name.
"""

import glob
import os
from pathlib import Path


def expanded(text: str | Path) -> Path:
    """Replace ``~`` or ``~user`` at the beginning of a text; without such a user it is a name.

    A relative path that begins with ``~`` is made absolute, since libraries would expand it again.
    """
    path = Path(os.path.expanduser(text) if isinstance(text, str) else text)
    return path.absolute() if str(path).startswith("~") else path


def matching(pattern: str) -> list[Path]:
    """Return the paths that a text names or matches as a glob.

    The leading folders that exist by their names are these, whatever characters they have.
    """
    path = expanded(pattern)
    there = next((one for one in (path, *path.parents) if os.path.lexists(one)), Path())
    if there == path:
        return [path]
    rest = str(path.relative_to(there))
    found = glob.glob(os.path.join(glob.escape(str(there)), rest) if there.name else str(path))
    return list(map(Path, sorted(found)))
