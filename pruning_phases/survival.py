"""Prediction of the weights that survive iterative magnitude pruning:
``python -m pruning_phases.survival runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("survival")


if __name__ == "__main__":
    main()
