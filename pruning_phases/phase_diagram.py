"""Map of eumentia, dementia and amentia: ``python -m pruning_phases.phase_diagram runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("phase_diagram")


if __name__ == "__main__":
    main()
