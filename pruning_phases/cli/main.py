"""The console script ``pruning-phases``: hands its words to the entry module of that name."""

import pkgutil
import sys
from importlib import import_module
from pathlib import Path

NOT_COMMANDS = {"console", "errors", "import_path", "registry", "streams"}


def commands() -> list[str]:
    """Names of the entry modules: the files of the package's top folder that have a ``main``."""
    folder = Path(__file__).parents[1]
    names = [found.name for found in pkgutil.iter_modules([str(folder)]) if not found.ispkg]
    return sorted(name for name in names if name not in NOT_COMMANDS and name[0] != "_")


def main() -> None:
    names = commands()
    chosen = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if chosen in ("-h", "--help"):
        print("pruning-phases NAME [key=value ...], with NAME one of:")
        for name in names:
            about = (import_module(f"pruning_phases.{name}").__doc__ or "").partition(":")[0]
            print(f"  {name:<14} {' '.join(about.split())}")
        print("pruning-phases NAME --help explains the keys of one of them.")
        return
    if chosen not in names:
        sys.exit(f"pruning-phases: error: {chosen}: no such command; choose {', '.join(names)}")
    sys.argv[:2] = [f"pruning-phases {chosen}"]
    import_module(f"pruning_phases.{chosen}").main()
