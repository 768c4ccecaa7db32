"""Memorization capacity and mask information of pruned networks:
``python -m pruning_phases.capacity runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("capacity")


if __name__ == "__main__":
    main()
