"""The map of eumentia, dementia and amentia: ``python -m pruning_phases.phase_diagram runs=…``."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pruning_phases.console import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.common.losses import Losses
    from pruning_phases.analysis.phase_diagram import PhaseDiagramConfig
    from pruning_phases.analysis.phase_diagram.fit import Boundary, Slopes


def map_of(system: str, losses: Losses, config: PhaseDiagramConfig) -> dict[str, Any]:
    from pruning_phases.analysis.phase_diagram.fit import (
        ability_ends,
        learning_ends,
        probabilities,
        slopes,
    )

    found = slopes(losses)
    probability = probabilities(losses, found, config.least_alpha, config.least_gain)
    boundaries = [
        _boundary(
            system, "eumentia ends", {"p_train": float(p_train)},
            learning_ends(losses, found, row, config.least_alpha),
        )
        for row, p_train in enumerate(losses.p_train)
        if probability[2, row].max() < config.confidence
    ]  # fmt: skip
    if len(losses.p_train) > 1:
        ends = ability_ends(losses, config.least_gain)
        boundaries.append(_boundary(system, "amentia begins", {}, ends))
    return {
        "points": _points(system, losses, found, probability, config),
        "boundaries": boundaries,
        "crossings": _crossings(system, losses, config),
    }


def _points(
    system: str, losses: Losses, found: Slopes, probability: Any, config: PhaseDiagramConfig
) -> list[dict[str, Any]]:
    from pruning_phases.analysis.phase_diagram.fit import phase_of
    from pruning_phases.statistics.estimates import mean_and_error
    from pruning_phases.statistics.quote import number

    rows = []
    for row, p_train in enumerate(losses.p_train):
        for column, control in enumerate(losses.control):
            chances = probability[:, row, column]
            loss, error = mean_and_error(losses.at_largest[row, column])
            rows.append({
                "system": system, "p_train": float(p_train),
                config.control: _shown(control, config),
                "phase": phase_of(chances, config.confidence), "confidence": float(chances.max()),
                "alpha": number(found.alpha[row, column], found.error[row, column]),
                "alpha_statistical": float(found.statistical[row, column]),
                "alpha_systematic": float(found.systematic[row, column]),
                "loss": number(float(loss), float(error)),
            })  # fmt: skip
    return rows


def _shown(control: float, config: PhaseDiagramConfig) -> float:
    """A density is measured as the share cut, on an axis that rises like p_eval."""
    return float(control if config.control == "p_eval" else 1 - control)


def boundary_axis(config: PhaseDiagramConfig) -> str:
    """Along which axis boundaries and crossings are quoted."""
    return "p_eval" if config.control == "p_eval" else "share of the weights cut"


def _boundary(system: str, kind: str, at: dict[str, float], found: Boundary) -> dict[str, Any]:
    from pruning_phases.statistics.quote import number

    # Along a density it is quoted as the share cut, the axis on which it was looked for.
    entry: dict[str, Any] = {"system": system, "kind": kind, **at}
    entry["value"] = number(found.value, found.error)
    entry["bracket"] = list(found.bracket) if found.bracket else None
    return entry | ({"reason": found.reason} if found.reason else {})


def _crossings(system: str, losses: Losses, config: PhaseDiagramConfig) -> list[dict[str, Any]]:
    """Where the losses of neighbouring sizes cross along the control, at every p_train."""
    from pruning_phases.analysis.common.losses import loss_curves
    from pruning_phases.statistics.crossings import FEWEST_SPLINES, crossing, extrapolate
    from pruning_phases.statistics.quote import number

    if len(losses.control) < 2 * FEWEST_SPLINES:
        return []
    rows = []
    for row, p_train in enumerate(losses.p_train):
        curves = loss_curves(losses, row, config.num_resampled, config.seed)
        found = [crossing(*pair) for pair in pairwise(curves)]
        limit, reason = extrapolate(found, float(losses.control.min()), float(losses.control.max()))
        rows.append({
            "system": system, "p_train": float(p_train),
            "pairs": [
                {"sizes": list(place.sizes),
                 "control": number(*place.control) if place.control else None}
                | ({"reason": place.reason} if place.reason else {})
                for place in found
            ],
            "infinite_size": number(*limit) if limit else None,
        } | ({"reason": reason} if reason else {}))  # fmt: skip
    return rows


def show(system: str, content: dict[str, Any], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.statistics.quote import with_error

    axis = content["control"]
    points = [point for point in content["points"] if point["system"] == system]
    controls = list(dict.fromkeys(point[axis] for point in points))
    table = Table(
        title=f"{system}: phase and alpha", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
        caption="E eumentia, D dementia, A amentia, ? undecided",
    )  # fmt: skip
    table.add_column(axis, justify="right")
    for p_train in dict.fromkeys(point["p_train"] for point in points):
        table.add_column(f"p_train {p_train:g}", justify="right", no_wrap=True)
    for control in controls:
        cells = [
            f"{_letter(point)} {with_error(point['alpha']['value'], point['alpha']['error'])}"
            for point in points
            if point[axis] == control
        ]
        table.add_row(f"{control:.3g}", *cells)
    console.print(table)
    for entry in content["boundaries"]:
        if entry["system"] == system:
            at = f" at p_train {entry['p_train']:g}" if "p_train" in entry else " along p_train"
            known = entry["value"]
            text = with_error(known["value"], known["error"]) if known else entry["reason"]
            along = f" ({content['boundaries_are_of']})" if "p_train" in entry else ""
            console.print(f"{entry['kind']}{at}{along}: {text}", **PLAIN)


def _letter(point: dict[str, Any]) -> str:
    return {"undecided": "?"}.get(point["phase"], point["phase"][0].upper())
