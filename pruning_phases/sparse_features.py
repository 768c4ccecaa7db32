"""Examples that networks need for sparse features, with and without pruning:
``python -m pruning_phases.sparse_features runs=FOLDER``."""

from pruning_phases.cli.analysis import run


def main() -> None:
    run("sparse_features")


if __name__ == "__main__":
    main()
