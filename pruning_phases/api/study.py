"""Runs that belong together, with their tables, their transition and their analyses.

In: folders. Out: runs, tables, results, axes. Reads finished runs only, except for the list of
runs. May not know how results are computed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pruning_phases.api.analyses import bound, computed
from pruning_phases.api.results import Result, new_axes
from pruning_phases.api.runs import Run
from pruning_phases.config.analysis import DEFAULT_CONTROL, refuse_unknown_control
from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded
from pruning_phases.observables.registry import order_parameters, remember
from pruning_phases.records.names import run_names, systems_of
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import all_runs, done_runs, pooled
from pruning_phases.statistics.curves import curve

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Folder = str | os.PathLike[str]


def load(runs: Folder | Sequence[Folder]) -> Study:
    """Find the runs in a folder, a glob, or a list of them, as the key ``runs`` of a command does.

    >>> import pruning_phases as pp
    >>> study = pp.load("multirun/transition")
    >>> [run.state for run in study.runs]
    ['done']
    """
    several = [runs] if isinstance(runs, str | os.PathLike) else runs
    paths = [os.path.abspath(expanded(os.fspath(one))) for one in several]
    return Study(paths[0] if len(paths) == 1 else paths)


class Study:
    """Runs of a folder, or of several. ``load`` makes it.

    ``runs`` lists those that ``load`` found, in any state. Tables, figures and analyses read the
    runs that are done when they are asked for. Every analysis is a method with the keys of its
    command: ``study.collapse(control="num_kept")``.

    >>> import pruning_phases as pp
    >>> study = pp.load("multirun/transition")
    >>> study.percolation(num_resampled=100).to_frame()[["system", "num_replicas"]]
                    system  num_replicas
    0  fc digits magnitude             2
    """

    def __init__(self, paths: str | list[str]) -> None:
        self._paths = paths
        records = all_runs(paths)
        for record in records:
            remember(record.info().get("observables", []))
        names = run_names(records)
        self.runs: list[Run] = [Run(record, names[record.id]) for record in records]

    @property
    def observables(self) -> pd.DataFrame:
        """Observables of all finished runs: one row per row of a run's table.

        The first columns name the system, study, run, model, dataset, pruner and the options in
        which the runs differ. Runs of one system differ only in seed and replicas.
        """
        return self._table("observables")

    @property
    def layers(self) -> pd.DataFrame:
        """Layers of all finished runs, with the same first columns as ``observables``."""
        return self._table("layers")

    def _table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        from pruning_phases.analysis.table.read import frame

        systems = systems_of(done_runs(self._paths))
        system_of = {run.id: system for system, runs in systems.items() for run in runs}
        records = [run for runs in systems.values() for run in runs]
        table = frame(records, columns, name)
        table.insert(0, "system", table["run"].map(system_of))
        return table

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return some columns of the observables of all finished runs; None: all."""
        return self._table("observables", columns)

    def transition(self, control: str = DEFAULT_CONTROL) -> pd.DataFrame:
        """Return means over replicas of all observables, with standard errors, by system.

        One row per (system, p_train, p_eval, train_size, value of the control). NAME_error is the
        standard error of NAME.

        >>> import pruning_phases as pp
        >>> table = pp.load("multirun/transition").transition(control="num_kept")
        >>> table[["system", "num_kept", "num_replicas"]].head(2)
                        system  num_kept  num_replicas
        0  fc digits magnitude    1912.0             2
        1  fc digits magnitude     719.0             2
        >>> bool((table.accuracy_error >= 0).all())
        True
        """
        import pandas as pd

        from pruning_phases.analysis.transition.read import transition_table

        refuse_unknown_control(control)
        tables = {name: transition_table(table, control) for name, (table, _) in self._systems()}
        whole = pd.concat(tables, names=["system", None])
        return whole.reset_index("system").reset_index(drop=True)

    def plot_transition(
        self,
        ax: Axes | None = None,
        order_parameter: str = "accuracy",
        control: str = DEFAULT_CONTROL,
    ) -> Axes:
        """Plot one order parameter of every system on these axes, by default on new ones.

        Means over replicas; the bands are standard errors.
        """
        from pruning_phases.analysis.transition.figure import plot_transition

        refuse_unknown_control(control)
        if order_parameter not in order_parameters():
            known = ", ".join(order_parameters())
            raise UserError(f"order_parameter={order_parameter}: choose {known}")
        systems = dict(self._systems())
        for table, num_classes in systems.values():
            curve(table, order_parameter, num_classes, control)  # refuses what has no single curve
        ax = new_axes() if ax is None else ax
        return plot_transition(ax, systems, order_parameter, control)

    def _systems(self) -> list[tuple[str, tuple[pd.DataFrame, int]]]:
        """Names of the systems, with their pooled observables and numbers of classes."""
        return [
            (name, (pooled(runs, RunRecord.observables), runs[0].info()["data"]["num_classes"]))
            for name, runs in systems_of(done_runs(self._paths)).items()
        ]

    def fit_exponents(self, **options: Any) -> Result:
        """Fit critical points and exponents, with the keys of the analysis ``exponents``."""
        return bound("exponents", self._paths)(**options)

    def __getattr__(self, name: str) -> Callable[..., Result]:
        if not name.startswith("_") and name in computed():
            return bound(name, self._paths)
        raise AttributeError(f"a study has no {name!r}; its analyses are {', '.join(computed())}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *computed()})

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        return f"<Study of {len(self.runs)} runs in {self._paths}>"

    def _repr_html_(self) -> str:
        import pandas as pd

        return pd.DataFrame([run.facts() for run in self.runs]).to_html(index=False)
