"""Half accuracies and their comparison as universality.json and as printed tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.universality.fit import Comparison, Equality, Located
from pruning_phases.analysis.universality.read import PER_LAYER, SCALES
from pruning_phases.console import PLAIN
from pruning_phases.statistics.landmarks import Landmark, Undetermined
from pruning_phases.statistics.quote import cell, number, with_error


def to_json(
    systems: Mapping[str, Located], comparisons: Mapping[str, Comparison], main: str
) -> dict[str, Any]:
    """The content of universality.json; what is not determined is null, with a reason."""
    scatters = {name: one.relative_scatter for name, one in comparisons.items()}
    known = {name: scatter for name, scatter in scatters.items() if scatter is not None}
    return {
        "main_control": main,
        "systems": [_entry(name, one) for name, one in systems.items()],
        "controls": [
            {"control": name, "half_accuracy": _equal(one.all), "fall_width": _equal(one.width),
             "relative_scatter": scatters[name]}
            for name, one in comparisons.items()
        ],
        "least_scatter": min(known, key=known.__getitem__) if known else None,
        "groups": [
            {"options": options, "systems": names, "half_accuracy": {
                control: _equal(test)
                for control, one in comparisons.items()
                for group, members, test in one.groups if (group, members) == (options, names)
            }}
            for options, names, _ in comparisons[main].groups
        ],
    }  # fmt: skip


def _entry(name: str, one: Located) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "system": name, "num_weights": one.system.num_weights,
        "num_replicas": one.system.num_replicas, "half_accuracy": {}, "fall_width": {},
    }  # fmt: skip
    for control in SCALES:
        mark = one.half.get(control, Undetermined("not in the run's observables"))
        if isinstance(mark, Landmark):
            entry["half_accuracy"][control] = number(*mark.exponentiated)
        else:
            entry["half_accuracy"][control] = None
            entry.setdefault("reasons", {})[control] = mark.reason
        width = one.width.get(control)
        entry["fall_width"][control] = number(*width) if isinstance(width, tuple) else None
    return entry


def _equal(test: Equality | None) -> dict[str, Any] | None:
    """The weighted mean in ln(control), and the test that all values are equal."""
    if test is None:
        return None
    return {
        "log_mean": number(test.mean, test.error), "chi2": test.chi2, "dof": test.dof,
        "probability": test.probability, "equal": test.holds, "scatter": test.scatter,
    }  # fmt: skip


def show(content: dict[str, Any], console: Console) -> None:
    """Print the half accuracies of every system, and the comparison over each control."""
    main = content["main_control"]
    console.print(_systems(content["systems"]))
    for entry in content["systems"]:
        for reason in dict.fromkeys(entry.get("reasons", {}).values()):
            console.print(f"{entry['system']}, not determined: {reason}", **PLAIN)
    console.print(_controls(content["controls"]))
    everything = {row["control"]: row["half_accuracy"] for row in content["controls"]}
    groups = [
        (
            f"{len(group['systems'])} systems that differ in {group['options']}",
            group["half_accuracy"],
        )
        for group in content["groups"]
    ]
    for systems, tests in [*groups, ("all systems", everything)]:
        for control in (main, PER_LAYER.name):
            if test := tests.get(control):
                console.print(_statement(systems, control, test), **PLAIN)
    if best := content["least_scatter"]:
        (row,) = (row for row in content["controls"] if row["control"] == best)
        console.print(
            f"least scatter: {row['relative_scatter']:.0%} of the width of the fall in "
            f"{SCALES[best].short}, {_mean(row['half_accuracy'])}", **PLAIN,
        )  # fmt: skip


def _systems(entries: list[dict[str, Any]]) -> Table:
    table = Table(
        title="control at half of the dense network's accuracy above chance", box=box.SIMPLE_HEAD,
        caption="width: ln(surviving weights at 75% / at 25%)", padding=(0, 1, 0, 0),
    )  # fmt: skip
    for name in ("system", "weights", *(one.short for one in SCALES.values()), "width"):
        table.add_column(name, justify="left" if name == "system" else "right", overflow="fold")
    for entry in entries:
        half = [cell(*_pair(entry["half_accuracy"][name])) for name in SCALES]
        width = cell(*_pair(entry["fall_width"]["num_kept"]))
        table.add_row(entry["system"], f"{entry['num_weights']:,}", *half, width)
    return table


def _pair(found: dict[str, float] | None) -> tuple[float | None, float | None]:
    return (found["value"], found["error"]) if found else (None, None)


def _controls(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        title="are all systems equal?", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        caption="scatter: rms difference in ln(control) beyond the errors; relative scatter: that "
        "of the half accuracies / width of the fall",
    )  # fmt: skip
    heads = ("mean", "chi2/dof", "scatter", "width", "chi2/dof", "scatter", "relative scatter")
    for name in ("control", *heads):
        table.add_column(name, justify="left" if name == "control" else "right", overflow="fold")
    for row in rows:
        cells = []
        for key in ("half_accuracy", "fall_width"):
            if test := row[key]:
                mean = _mean(test) if key == "half_accuracy" else cell(*_pair(test["log_mean"]))
                cells += [mean, f"{test['chi2'] / test['dof']:.1f}", f"{test['scatter']:.0%}"]
            else:
                cells += ["not determined", "", ""]
        scatter = row["relative_scatter"]
        table.add_row(
            SCALES[row["control"]].short, *cells, "" if scatter is None else f"{scatter:.0%}"
        )
    return table


def _mean(test: dict[str, Any]) -> str:
    mean = float(np.exp(test["log_mean"]["value"]))
    return with_error(mean, mean * test["log_mean"]["error"])


def _statement(systems: str, control: str, test: dict[str, Any]) -> str:
    verb = "agree" if test["equal"] else "differ"
    return (
        f"{systems} {verb}: {_mean(test)} {SCALES[control].short}, chi2/dof "
        f"{test['chi2']:.3g}/{test['dof']} (probability {test['probability']:.2g}), scatter "
        f"beyond the errors {test['scatter']:.0%}"
    )
