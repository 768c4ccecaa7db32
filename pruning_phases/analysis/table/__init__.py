"""Table of all runs in one parquet file.

In: finished runs. Out: ``runs.parquet``, one row per row of the runs' observables, with all options
in which the runs differ. May not know the meaning of any column.

One row per row of the runs' observables, with the study, the run, model, dataset, pruner, and
every option in which the runs differ.

  python -m pruning_phases.table runs=multirun
  python -m pruning_phases.table 'runs=[multirun/fig1,multirun/fig3]' 'columns=[density,accuracy]'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import AnalysisConfig
from pruning_phases.config.keys import key
from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

SCOPE = "study"


@dataclass
class TableConfig(AnalysisConfig):
    columns: list[str] | None = key(None, "columns of the observables; null: all")


CONFIG = TableConfig


def analyse(config: TableConfig, console: Console) -> None:
    """Write the table and print its number of rows and its path."""
    from pruning_phases.analysis.common.results import open_folder
    from pruning_phases.analysis.table.read import combine
    from pruning_phases.records.select import done_runs, folder_of

    records = done_runs(config.runs)
    path = open_folder(config.output_dir, folder_of(records)) / "runs.parquet"
    rows = combine(records, config.columns, path)
    console.print(f"{rows} rows of {len(records)} runs: {path}", **PLAIN)
