"""Registry of a folder's members, found by their files: no list of them is kept anywhere.

In: a package and the constant that marks its members. Out: the modules that define it, by name.
"""

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType


@cache
def members(package: str, constant: str) -> dict[str, ModuleType]:
    """Modules of a package with a line ``constant = ...``, by their name, in alphabetical order.

    Other modules of the package are not imported, since some need torch and ``--help`` does not.
    """
    folders = [Path(folder) for folder in import_module(package).__path__]
    names = sorted(found.name for found in pkgutil.iter_modules(map(str, folders)))
    return {
        name: import_module(f"{package}.{name}")
        for name in names
        if any(_defines(folder / name, constant) for folder in folders)
    }


def _defines(module: Path, constant: str) -> bool:
    files = (module.with_suffix(".py"), module / "__init__.py")
    sources = (file.read_text() for file in files if file.is_file())
    return any(f"\n{constant} = " in source for source in sources)
