"""One run with its configuration and tables.

In: a record. Out: its content, read when it is asked for. Knows no other run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.api.results import Entry
from pruning_phases.records.names import run_names

if TYPE_CHECKING:
    import pandas as pd

    from pruning_phases.records.run import RunRecord


class Run:
    """A run in its folder.

    >>> import pruning_phases as pp
    >>> (run,) = pp.load("multirun/transition").runs
    >>> run.name, run.state, run.config.model.widths
    ('fc digits magnitude', 'done', [20, 16, 12])
    >>> run.observables[["step", "density", "replica", "accuracy"]].shape
    (10, 4)
    """

    def __init__(self, record: RunRecord, name: str | None = None) -> None:
        self._record = record
        self.id: str = record.id
        self.folder: Path = record.folder
        self.name: str = name or run_names([record])[record.id]

    @property
    def study(self) -> str:
        """Name of the folder that holds the run."""
        return self.folder.parent.name

    @property
    def state(self) -> str:
        """One of ``running``, ``done`` and ``failed``; a killed run stays ``running``."""
        return str(self._record.state)

    @property
    def info(self) -> Entry:
        """Content of ``run.json``."""
        return Entry(self._record.info())

    @property
    def config(self) -> Entry:
        """Options of the run: those that decide the numbers, then those of the machine."""
        info = self._record.info()
        return Entry(info["physics"] | info["machine"])

    @property
    def observables(self) -> pd.DataFrame:
        """One row per (step, replica, p_train, train_size, p_eval)."""
        return self._record.observables()

    @property
    def layers(self) -> pd.DataFrame:
        """One row per (step, replica, p_train, train_size, layer)."""
        return self._record.layers()

    @property
    def training(self) -> pd.DataFrame:
        """Loss over the updates of every training from initial weights."""
        return self._record.training()

    def facts(self) -> dict[str, Any]:
        """Return what identifies the run, as a row of a table."""
        return {"study": self.study, "run": self.id, "name": self.name, "state": self.state}

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self.name}, {self.state}>"
