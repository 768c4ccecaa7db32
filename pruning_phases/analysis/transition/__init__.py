"""Pruning transition of one run: accuracy and entropies over density or another control parameter.

In: finished runs over density. Out: ``transition.png`` and ``.pdf`` in each run's folder. May
not know about other runs.

Mean over replicas with standard errors, after arXiv 2602.15224, Fig. 1. Every run plots it at its
end ('figures=[transition]').

  python -m pruning_phases.transition runs=multirun/fig1
  python -m pruning_phases.transition runs=multirun/fig1 control=num_kept   transition_num_kept.png
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pruning_phases.config.analysis import (
    DEFAULT_CONTROL,
    ControlConfig,
)
from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

SCOPE = "run"


@dataclass
class TransitionConfig(ControlConfig):
    pass


CONFIG = TransitionConfig


def analyse(config: TransitionConfig, console: Console) -> None:
    """Plot every run that has no figure yet, in its folder or under ``output_dir``."""
    from pruning_phases.analysis.common.results import open_folder, save_figure
    from pruning_phases.analysis.transition.figure import transition_figure
    from pruning_phases.file_path import expanded
    from pruning_phases.records.select import done_runs

    for record in done_runs(config.runs):
        asked = config.output_dir and expanded(config.output_dir) / record.id
        name = "transition" if config.control == DEFAULT_CONTROL else f"transition_{config.control}"
        stem = open_folder(asked, record.folder) / name
        path = stem.with_suffix(".png")
        if not path.exists():
            figure = transition_figure(record.observables(), record.info(), config.control)
            save_figure(figure, stem)
        console.print(f"figure: {path}", **PLAIN)
