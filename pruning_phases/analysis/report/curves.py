"""Curves of the systems of a study over their control parameters, as JSON values for the page.

In: finished runs, pooled over seeds, and unfinished ones as far as they are. Out: means with
standard errors, the values of each replica, and the half-way points. Thinned to what a page holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.report.styles import curve_style
from pruning_phases.analysis.report.thinning import points_per_replica, short, spread
from pruning_phases.errors import UserError
from pruning_phases.observables.controls import CONTROLS, known_controls
from pruning_phases.observables.registry import (
    AXES,
    TRANSITION,
    Observable,
    observable,
    observables,
)
from pruning_phases.records.names import names_of, run_names, systems_of
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled
from pruning_phases.statistics.curves import level_of_guessing, of_steps
from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    import pandas as pd

    from pruning_phases.analysis.report.read import Study

Array = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """Runs that differ only in their replicas, with their pooled observables."""

    name: str
    runs: list[RunRecord]
    table: pd.DataFrame
    finished: bool = True

    @property
    def num_classes(self) -> int:
        return int(self.runs[0].info()["data"]["num_classes"])


def pruned_systems(study: Study) -> tuple[list[System], list[str]]:
    """The systems whose density varies at one p_train, p_eval and training set; and notes."""
    groups = [(name, runs, True) for name, runs in systems_of(study.done).items()]
    names = run_names(study.unfinished)
    groups += [(f"{names[run.id]} (unfinished)", [run], False) for run in study.unfinished]
    found, notes = [], []
    for name, runs, finished in groups:
        if not finished and not runs[0].observables_file.exists():
            continue
        try:
            system = System(name, runs, pooled(runs, RunRecord.observables), finished)
            if _is_transition(system):
                found.append(system)
        except UserError as error:
            notes.append(f"left out: {error}")
        except (TypeError, KeyError, ValueError) as error:
            notes.append(f"left out: {name}: its record lacks {error}: run its command again")
    return sorted(found, key=_order), notes


def _is_transition(system: System) -> bool:
    """True if only the density varies. Raises KeyError for a record without what figures need."""
    table = system.table
    info = system.runs[0].info()
    needed = info["data"]["num_classes"], info["network"]["num_prunable"], table["num_kept"]
    return (
        None not in needed[:2]
        and "accuracy" in table
        and len(table[AXES].drop_duplicates()) == 1
        and table["density"].nunique() > 1
    )


def _order(system: System) -> tuple[str, str, str, int]:
    """Sort key that puts the sizes of one network beside each other, the smallest first."""
    info = system.runs[0].info()
    return *names_of(info), int(info["network"]["num_prunable"])


def panels(systems: Iterable[System]) -> dict[str, Observable]:
    """The observables of the transition that any of the systems has, by name."""
    known = observables()
    for system in systems:
        for facts in system.runs[0].info().get("observables") or []:
            with suppress(KeyError, TypeError):  # facts that are no observable's
                known[facts["name"]] = observable(facts["name"])
    return {
        name: one
        for name, one in known.items()
        if one.section == TRANSITION and any(name in system.table for system in systems)
    }


def figure_data(
    systems: Sequence[System], halves: dict[str, dict[str, Any]], numbers: int
) -> dict[str, Any]:
    """Everything the page plots of a study. ``numbers``: values of single replicas it may hold."""
    shown = panels(systems)
    replicas = sum(system.table["replica"].nunique() for system in systems)
    budget = points_per_replica(replicas * max(len(shown), 1), numbers)
    return {
        "controls": {
            name: {"label": one.label, "short": one.short}
            for name, one in CONTROLS.items()
            if any(name in known_controls(system.table) for system in systems)
        },
        "panels": {
            name: {"label": one.axis_label, "scale": one.scale,
                   "references": _references(name, systems)}
            for name, one in shown.items()
        },
        "facets": facets([facts_of(system) for system in systems]),
        "systems": [
            _system(system, shown, budget, halves.get(system.name, {}))
            | {"style": curve_style(index, len(systems))}
            for index, system in enumerate(systems)
        ],
        "points_per_replica": budget, "told": ["density", "num_kept"],
        "logarithmic": True, "reversed": True, "hidden": [],
    }  # fmt: skip


def _references(name: str, systems: Sequence[System]) -> list[dict[str, Any]]:
    """Values of a network that guesses: chance, or the entropy of even outputs."""
    counts = sorted({system.num_classes for system in systems})
    levels = [level_of_guessing(name, count) for count in counts]
    return [{"value": level[0], "text": level[1]} for level in levels if level]


def facets(facts: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Properties in which systems differ, with the indices of the systems of each value.

    facts: of each system, its properties by name.
    """
    found: dict[str, dict[str, list[int]]] = {}
    for index, own in enumerate(facts):
        for name, value in own.items():
            found.setdefault(name, {}).setdefault(value, []).append(index)
    return [
        {"name": name, "values": [{"text": text, "systems": own} for text, own in values.items()]}
        for name, values in found.items()
        if len(values) > 1
    ]


def facts_of(system: System) -> dict[str, str]:
    """Model, data, pruner and number of prunable weights of a system."""
    info = system.runs[0].info()
    names = dict(zip(("model", "data", "pruner"), names_of(info), strict=True))
    return names | {"weights": f"{info['network']['num_prunable']:,}"}


def _system(
    system: System, shown: dict[str, Observable], budget: int, halves: dict[str, Any]
) -> dict[str, Any]:
    curves = {}
    for name in shown:
        if name in system.table and not system.table[name].isna().all():
            curve = _curve(system, name, budget)
            if curve is not None:
                curves[name] = curve
    half = {"accuracy": half_accuracy(system), "at": halves} if halves else None
    return {"name": system.name, "finished": system.finished, "curves": curves, "half": half}


def half_accuracy(system: System) -> float:
    """The accuracy half-way between that of the dense network and chance."""
    dense, _ = accuracy_at(system, 1.0)
    return (dense + 1 / system.num_classes) / 2


def accuracy_at(system: System, density: float) -> tuple[float, float]:
    """Mean accuracy and standard error at a density, linear in ln(density) between two steps.

    NaN outside of the measured range. An interpolated value has the larger error of its steps.
    """
    (at,), (values,) = of_steps(system.table, ["accuracy"], ["density"])
    mean, error = mean_and_error(values)
    if not values.size or not at[0] <= density <= at[-1]:
        return math.nan, math.nan
    right = int(np.searchsorted(at, density))
    around = slice(right, right + 1) if at[right] == density else slice(right - 1, right + 1)
    value = np.interp(np.log(density), np.log(at[around]), mean[around])
    return float(value), float(error[around].max())


def _curve(system: System, column: str, budget: int) -> dict[str, Any] | None:
    """One observable of a system: its controls, mean, standard error, and single replicas."""
    controls = known_controls(system.table)
    at, (values,) = of_steps(system.table, [column], controls)
    if not values.size:
        return None
    named = dict(zip(controls, at, strict=True))
    return curve_data(named, values, _replicas(system.table, column), budget)


def curve_data(
    at: Mapping[str, Array], values: Array, replicas: list[str], budget: int
) -> dict[str, Any]:
    """Controls [points] by name, mean and standard error of values [replicas, points], and these.

    budget: points of a single replica that are shown.
    """
    with np.errstate(invalid="ignore"):
        mean, error = mean_and_error(values)
    means, singles = spread(len(mean)), spread(len(mean), budget)
    return {
        "x": {name: short(one[means]) for name, one in at.items()},
        "mean": short(mean[means]), "error": short(error[means]), "replicas": replicas,
        "single": [short(one[singles]) for one in values] if budget else [],
        "single_x": {name: short(one[singles]) for name, one in at.items()},
    }  # fmt: skip


def _replicas(table: pd.DataFrame, column: str) -> list[str]:
    """Names SEED:NUMBER of the replicas that have the column at every density, in order."""
    rows = table[table["num_kept"] > 0].dropna(subset=[column])
    counts = rows.groupby("replica")["density"].nunique()
    return [str(name) for name in counts.index[counts == rows["density"].nunique()]]
