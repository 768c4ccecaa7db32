"""Comparison of our numbers with the statements of the papers.

In: the systems and results of all studies. Out: one row per statement and system: ours with its
error, theirs, the agreement in words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pruning_phases.analysis.report.curves import System, accuracy_at
from pruning_phases.analysis.report.evidence import (
    AGREES,
    DISAGREES,
    UNDECIDED,
    Found,
    larger,
)
from pruning_phases.analysis.report.paper_results import AT_INITIALIZATION, FROM_RESULTS
from pruning_phases.analysis.report.papers import PESCE, STATEMENTS, Statement
from pruning_phases.analysis.report.tables import Table
from pruning_phases.config.identity import system_id
from pruning_phases.records.names import names_of
from pruning_phases.statistics.curves import chance_corrected
from pruning_phases.statistics.quote import quoted, with_error

MAGNITUDE = "magnitude"  # the pruner of the first paper
WITH_TRAINING = {"magnitude", "magnitude_one_shot", "imp"}
NOT_MEASURED = "not measured in these runs"
SMALL_LOSS = 0.02  # of the accuracy, that counts as minimal


@dataclass(frozen=True)
class Evidence:
    """Systems of all studies with their half-way points, and the results beside them."""

    systems: list[tuple[System, dict[str, Any]]]
    results: list[dict[str, Any]]


def comparison_tables(evidence: Evidence) -> list[Table]:
    """One table per paper, with one row per statement and system."""
    tables = []
    for paper in dict.fromkeys(statement.paper for statement in STATEMENTS):
        rows = [
            row
            for statement in STATEMENTS
            if statement.paper == paper
            for row in _rows(statement, evidence)
        ]
        columns = ("quantity", "networks", "ours", "paper", "agreement", "source")
        note = "The papers give no errors. Agreement: within two of our errors."
        tables.append(Table(paper, columns, rows, note))
    return tables


def _rows(statement: Statement, evidence: Evidence) -> list[list[str]]:
    found = list(_found(statement, evidence)) or [Found("", "", NOT_MEASURED)]
    return [
        [statement.quantity, one.networks, one.ours, statement.theirs, one.agreement,
         statement.source]
        for one in found
    ]  # fmt: skip


def _found(statement: Statement, evidence: Evidence) -> Iterator[Found]:
    if statement.measure in FROM_SYSTEMS:
        yield from FROM_SYSTEMS[statement.measure](statement, _matching(statement, evidence))
        return
    for results in evidence.results:
        try:
            yield from FROM_RESULTS[statement.measure](results)
        except (TypeError, KeyError, ValueError, AttributeError, IndexError):
            continue  # a damaged file has its line in the section of its analysis


Measured = list[tuple[System, dict[str, Any]]]


def _matching(statement: Statement, evidence: Evidence) -> Measured:
    """The finished systems that a statement is about; one that several studies have counts once."""
    found: dict[str, tuple[System, dict[str, Any]]] = {}
    for system, half in evidence.systems:
        model, data, pruner = names_of(system.runs[0].info())
        if statement.paper == PESCE and pruner != MAGNITUDE:
            continue
        about = model in (statement.models or [model]) and data in (statement.data or [data])
        if system.finished and about:
            same = system_id(system.runs[0].info()["physics"])
            found.setdefault(same, (system, half))
    return [*found.values()]


def _networks(system: System) -> str:
    size = system.runs[0].info()["physics"].get("dataset", {}).get("train_size")
    return f"{system.name} ({size:,} examples)" if isinstance(size, int) else system.name


def _against(value: float, error: float, theirs: float) -> str:
    """The agreement with a number that has no error of its own."""
    away = value - theirs
    if abs(away) <= 2 * error:
        return f"{AGREES} within two errors"
    return f"ours is {'higher' if away > 0 else 'lower'} by {with_error(abs(away), error)}"


def _dense_accuracy(statement: Statement, systems: Measured) -> Iterator[Found]:
    assert statement.value is not None
    for system, _ in systems:
        value, error = accuracy_at(system, 1.0)
        if math.isfinite(value):
            agreement = _against(value, error, statement.value)
            yield Found(_networks(system), with_error(value, error), agreement)


def _half_density(statement: Statement, systems: Measured) -> Iterator[Found]:
    assert statement.value is not None
    for system, half in systems:
        if at := half.get("density"):
            agreement = _against(at["value"], at["error"] or math.nan, statement.value)
            yield Found(_networks(system), quoted(at), agreement)


def _half_density_below(statement: Statement, systems: Measured) -> Iterator[Found]:
    limit = {"value": statement.value, "error": 0.0}
    for system, half in systems:
        if at := half.get("density"):
            yield Found(_networks(system), quoted(at), larger(limit, at))


def _kmnist_first(_: Statement, systems: Measured) -> Iterator[Found]:
    for one, half in systems:
        for other, other_half in systems:
            model, data, _pruner = names_of(one.runs[0].info())
            other_model, other_data, _pruner = names_of(other.runs[0].info())
            if (data, other_data, model) != ("mnist", "kmnist", other_model):
                continue
            first, second = other_half.get("density"), half.get("density")
            if first and second:
                ours = f"kmnist at {quoted(first)}, mnist at {quoted(second)}"
                yield Found(f"{one.name}; {other.name}", ours, larger(first, second))


def _lost_at(statement: Statement, systems: Measured) -> Iterator[Found]:
    assert statement.value is not None
    for system, _ in systems:
        dense, dense_error = accuracy_at(system, 1.0)
        pruned, error = accuracy_at(system, statement.value)
        if not math.isfinite(dense - pruned):
            continue
        lost, error = dense - pruned, math.hypot(dense_error, error)
        verb = AGREES if lost < SMALL_LOSS else DISAGREES
        limit = "below" if lost < SMALL_LOSS else "not below"
        yield Found(_networks(system), with_error(lost, error), f"{verb}: {limit} {SMALL_LOSS}")


def _above_chance_at(statement: Statement, systems: Measured) -> Iterator[Found]:
    assert statement.value is not None
    for system, _ in systems:
        accuracy, error = accuracy_at(system, statement.value)
        value = float(chance_corrected(accuracy, system.num_classes))
        error /= 1 - 1 / system.num_classes
        if not math.isfinite(value):
            continue
        agreement = f"{UNDECIDED}: above chance, but below half"
        if value > 0.5:
            agreement = f"{AGREES}: above half"
        elif not value > 3 * error:
            agreement = f"{DISAGREES}: not above chance by three errors"
        yield Found(_networks(system), with_error(value, error), agreement)


def _pruned_at_initialization(_: Statement, systems: Measured) -> Iterator[Found]:
    """The lowest half-way density of pruners at initialization, and the highest of the others."""
    groups: dict[tuple[str, str], tuple[Measured, Measured]] = {}
    for system, half in systems:
        model, data, pruner = names_of(system.runs[0].info())
        before, after = groups.setdefault((model, data), ([], []))
        if half.get("density"):
            if pruner in AT_INITIALIZATION:
                before.append((system, half))
            elif pruner in WITH_TRAINING:
                after.append((system, half))
    for (model, data), (before, after) in groups.items():
        if before and after:
            low = min(before, key=lambda one: one[1]["density"]["value"])
            high = max(after, key=lambda one: one[1]["density"]["value"])
            ours = "; ".join(f"{one.name}: half of the accuracy at {quoted(half['density'])}"
                             for one, half in (low, high))  # fmt: skip
            agreement = larger(low[1]["density"], high[1]["density"])
            yield Found(f"{model} on {data}", ours, agreement)


FROM_SYSTEMS: dict[str, Callable[[Statement, Measured], Iterator[Found]]] = {
    "dense_accuracy": _dense_accuracy, "half_density": _half_density,
    "half_density_below": _half_density_below, "kmnist_first": _kmnist_first,
    "lost_at": _lost_at, "above_chance_at": _above_chance_at,
    "pruned_at_initialization": _pruned_at_initialization,
}  # fmt: skip
