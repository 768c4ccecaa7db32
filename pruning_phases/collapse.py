"""Finite-size scaling of runs, or of any table:
``python -m pruning_phases.collapse runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("collapse")


if __name__ == "__main__":
    main()
