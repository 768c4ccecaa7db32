"""Figure of a pruning transition: ``python -m pruning_phases.transition runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("transition")


if __name__ == "__main__":
    main()
