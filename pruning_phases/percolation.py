"""Percolation of the mask beside the loss of accuracy:
``python -m pruning_phases.percolation runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("percolation")


if __name__ == "__main__":
    main()
