"""Every figure and table of a paper: ``python -m pruning_phases.reproduce paper=pesce``."""

from pruning_phases.cli.reproduce import run


def main() -> None:
    run()


if __name__ == "__main__":
    main()
