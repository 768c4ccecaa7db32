"""Neural networks under pruning: their breakdown, and whether it is a phase transition.

``import pruning_phases as pp`` gives a notebook ``pp.load``, ``pp.run`` and the other names of
``pruning_phases.api``, which is imported at their first use.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        api = import_module("pruning_phases.api")
        if name in api.__all__:
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *import_module("pruning_phases.api").__all__})
