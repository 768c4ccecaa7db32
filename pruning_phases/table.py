"""All runs as one table: ``python -m pruning_phases.table runs=multirun``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("table")


if __name__ == "__main__":
    main()
