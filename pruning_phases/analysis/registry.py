"""The analyses by name: each folder beside this file that has a ``CONFIG``.

In: names, such as those in ``figures`` of a run. Out: their modules. ``SCOPE`` of an analysis tells
whether it reads one run or all finished runs of a study. ``compute`` returns its results, which are
written and printed here; one without results has ``analyse``. Knows no analysis by name.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN
from pruning_phases.observables.registry import order_parameters, remember
from pruning_phases.records.run import find_records
from pruning_phases.records.select import folders_of
from pruning_phases.registry import members

if TYPE_CHECKING:
    from omegaconf import DictConfig
    from rich.console import Console

    from pruning_phases.records.run import RunRecord

RUN, STUDY = "run", "study"


def analyses() -> dict[str, ModuleType]:
    """Modules of all analyses by name."""
    return members("pruning_phases.analysis", "CONFIG")


def analyse(config: Any, console: Console) -> Any:
    """Carry out the analysis of a configuration: write its files, print, return its content."""
    from pruning_phases.analysis.common.results import write

    (module,) = (one for one in analyses().values() if one.CONFIG is type(config))
    if not hasattr(module, "compute"):
        return module.analyse(config, console)
    found = module.compute(config, console)
    if module.SCOPE == RUN:  # results of each run in turn
        return [write(results, config.output_dir, console) for results in found]
    return write(found, config.output_dir, console)


def is_of_one_run(name: str) -> bool:
    """True for an analysis that reads one run, False for one that reads a study."""
    return analyses()[name].SCOPE == RUN


def remember_own_observables(composed: DictConfig) -> None:
    """If the keys name an order parameter of a user's own, read its facts from the runs."""
    from omegaconf import OmegaConf

    one, several = composed.get("order_parameter"), composed.get("order_parameters")
    named = {*([one] if one else []), *(several or [])}
    if not composed.get("runs") or named <= set(order_parameters()):
        return
    runs = OmegaConf.to_container(composed).get("runs")  # type: ignore[union-attr]
    for folder in folders_of(runs):
        for record in find_records(folder):
            remember(record.info().get("observables", []))


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
        analyse(config, console)
    except Exception as error:
        console.print(f"no figure ({name}): {error}", **PLAIN)
