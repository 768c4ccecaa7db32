"""Report of all results: one HTML page that opens from the disk and needs no network.

In: runs in any state, and the JSON files of their analyses. Out: ``report.html`` with interactive
figures, tables, findings, the comparison with the papers, configuration and provenance. May not
compute a result that another analysis owns: it reads theirs.

The page holds every study below the folder: the transition over density or surviving weights, with
single replicas; the half-way density of every system; the numbers of exponents, collapse, verdict
and the other analyses where they were run before (their JSON files lie in the study's folder); runs
that failed, with the reason; differences in the configuration; command, commit and versions.

live=true serves the page at http://127.0.0.1 and renews it while a sweep runs, until Ctrl-C.

  python -m pruning_phases.report runs=multirun
  python -m pruning_phases.report runs=multirun/fig1 output_dir=FOLDER
  python -m pruning_phases.report runs=multirun/fig1 live=true port=8000
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pruning_phases.analysis.report.config import ReportConfig
from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

SCOPE = "study"
CONFIG = ReportConfig


def analyse(config: ReportConfig, console: Console) -> Path:
    """Write the page and print its path; with ``live``, serve and renew it until Ctrl-C."""
    from pruning_phases.analysis.common.results import open_folder
    from pruning_phases.analysis.report.live import serve
    from pruning_phases.analysis.report.page import make_page
    from pruning_phases.analysis.report.read import common_folder, read_studies
    from pruning_phases.records.atomic import write_beside

    folder = open_folder(config.output_dir, common_folder(read_studies(config.runs)))
    path = folder / "report.html"

    def renew() -> str:
        page = make_page(read_studies(config.runs), config, console)
        write_beside(path, lambda beside: beside.write_text(page, encoding="utf-8"))
        return page

    if config.live:
        serve(renew, config, console)
    else:
        renew()
        console.print(f"report: {path}", **PLAIN)
    return path
