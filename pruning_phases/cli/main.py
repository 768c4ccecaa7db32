"""The console script ``pruning-phases``: hands its words to the entry module of that name."""

import sys
from importlib import import_module
from pathlib import Path

from pruning_phases.console import keep_output_open


def commands() -> list[str]:
    """Return the names of the entry modules: the files of the package's folder with a ``main``."""
    files = Path(__file__).parents[1].glob("*.py")
    return sorted(file.stem for file in files if "\ndef main(" in file.read_text())


def main() -> None:
    keep_output_open()
    names = commands()
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print("pruning-phases NAME [key=value ...], with NAME one of:")
        for one in names:
            title = (import_module(f"pruning_phases.{one}").__doc__ or "").partition(":")[0]
            print(f"  {one:<14} {' '.join(title.split())}")
        print("pruning-phases NAME --help explains the keys of one of them.")
        return
    if name not in names:
        print(
            f"pruning-phases: error: {name}: no such command; choose {', '.join(names)}",
            file=sys.stderr,
        )
        sys.exit(2)
    sys.argv[:2] = [f"pruning-phases {name}"]
    import_module(f"pruning_phases.{name}").main()
