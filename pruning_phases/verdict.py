"""Kind of transition - continuous, first-order, crossover or undecided - with its evidence:
``python -m pruning_phases.verdict runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("verdict")


if __name__ == "__main__":
    main()
