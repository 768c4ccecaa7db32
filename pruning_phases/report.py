"""One HTML page of all results: ``python -m pruning_phases.report runs=multirun``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("report")


if __name__ == "__main__":
    main()
