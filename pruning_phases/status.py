"""State of runs and sweeps: ``python -m pruning_phases.status multirun``."""

from pruning_phases.cli.status import run


def main() -> None:
    run()


if __name__ == "__main__":
    main()
