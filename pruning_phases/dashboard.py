"""Dashboard of a study at W&B: ``python -m pruning_phases.dashboard project=fig1 entity=NAME``."""

from pruning_phases.cli.dashboard import run


def main() -> None:
    run()


if __name__ == "__main__":
    main()
