"""Make runs: ``python -m pruning_phases.train [key=value ...] [-m]``; see ``--help``."""

from pruning_phases.cli.train import run


def main() -> None:
    run()


if __name__ == "__main__":
    main()
