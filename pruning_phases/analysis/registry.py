"""The analyses by name: each folder beside this file that has a ``CONFIG`` and ``analyse``.

In: names, such as those in ``figures`` of a run. Out: their modules. ``SCOPE`` of an analysis tells
whether it reads one run or all finished runs of a study. Knows no analysis by name.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from pruning_phases.console import PLAIN
from pruning_phases.registry import members

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.records.run import RunRecord

RUN, STUDY = "run", "study"


def analyses() -> dict[str, ModuleType]:
    """Modules of all analyses by name."""
    return members("pruning_phases.analysis", "CONFIG")


def is_of_one_run(name: str) -> bool:
    """True for an analysis that reads one run, False for one that reads a study."""
    return analyses()[name].SCOPE == RUN


def plot(name: str, record: RunRecord, console: Console) -> None:
    """Run the analysis of that name on a finished run, or on the study that the run belongs to.

    An error becomes one line on the console: the run counts as finished without its figures.
    """
    try:
        analysis = analyses()[name]
        folder = record.folder if analysis.SCOPE == RUN else record.folder.parent
        config = analysis.CONFIG(runs=str(folder))
        if hasattr(analysis, "adapt"):
            analysis.adapt(config, record)
        analysis.analyse(config, console)
    except Exception as error:
        console.print(f"no figure ({name}): {error}", **PLAIN)
