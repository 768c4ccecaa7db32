"""All runs in one file: ``python -m pruning_phases.table runs=multirun``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pruning_phases.analysis_config import TableConfig, launch_analysis
from pruning_phases.application import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.records import RunRecord


def main() -> None:
    launch_analysis("table", analyse)


def analyse(records: list[RunRecord], config: TableConfig, console: Console) -> None:
    from pruning_phases.analysis.combined import combine
    from pruning_phases.analysis.results import open_folder
    from pruning_phases.analysis.sources import folder_of

    path = open_folder(config.output_dir, folder_of(records)) / "runs.parquet"
    rows = combine(records, config.columns, path)
    console.print(f"{rows} rows of {len(records)} runs: {path}", **PLAIN)


if __name__ == "__main__":
    main()
