"""Critical points and exponents of pruning transitions:
``python -m pruning_phases.exponents runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("exponents")


if __name__ == "__main__":
    main()
