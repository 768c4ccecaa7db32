"""Evolution of the weights under pruning: ``python -m pruning_phases.evolution runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("evolution")


if __name__ == "__main__":
    main()
