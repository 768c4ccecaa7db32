"""Topology control: pruned networks beside random graphs that share properties with them:
``python -m pruning_phases.rewiring runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("rewiring")


if __name__ == "__main__":
    main()
