"""Console script: ``pruning-phases NAME [key=value ...]`` is ``python -m pruning_phases.NAME``."""

from pruning_phases.cli.main import main

if __name__ == "__main__":
    main()
