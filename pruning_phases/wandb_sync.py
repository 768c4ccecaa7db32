"""Copy finished runs to W&B: ``python -m pruning_phases.wandb_sync runs=multirun/fig1``."""

from pruning_phases.cli.wandb_sync import run


def main() -> None:
    run()


if __name__ == "__main__":
    main()
