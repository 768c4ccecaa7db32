"""The sparsest networks of an enumeration that reach an accuracy, and how often they do:
``python -m pruning_phases.sparsest runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("sparsest")


if __name__ == "__main__":
    main()
