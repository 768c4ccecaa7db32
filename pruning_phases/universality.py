"""Number of surviving weights at the transition, over architectures and data:
``python -m pruning_phases.universality runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("universality")


if __name__ == "__main__":
    main()
