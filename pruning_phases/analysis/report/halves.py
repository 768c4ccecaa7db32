"""Half-way points of the systems of a study: control parameters at half of the accuracy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pruning_phases.analysis.report.curves import System
from pruning_phases.analysis.report.tables import Table, unique
from pruning_phases.analysis.universality.fit import Located, located
from pruning_phases.analysis.universality.read import SCALES, read_system
from pruning_phases.errors import UserError
from pruning_phases.statistics.landmarks import Landmark
from pruning_phases.statistics.quote import NOT_DETERMINED, number, quoted


def half_points(
    systems: Iterable[System], num_resampled: int, seed: int
) -> tuple[dict[str, Located], list[str]]:
    """Locate the half accuracy of every finished system; and the reasons of the others."""
    found, reasons = {}, []
    for system in systems:
        if not system.finished:
            continue
        try:
            found[system.name] = located(read_system(system.runs), num_resampled, seed)
        except UserError as error:
            reasons.append(f"{system.name}: {error}")
        except (TypeError, KeyError, ValueError) as error:
            reasons.append(f"{system.name}: its record lacks {error}: run its command again")
    return found, reasons


def half_of(one: Located) -> dict[str, Any]:
    """JSON numbers of the half-way points of one system by control; None if not determined."""
    return {
        name: number(*mark.exponentiated) if isinstance(mark, Landmark) else None
        for name, mark in one.half.items()
    }


def half_table(found: dict[str, Located]) -> tuple[Table, list[str]]:
    """One row per system, with the width of its fall; and why values are not determined."""
    rows = []
    reasons = [
        f"{name}: {SCALES[control].short}: {mark.reason}"
        for name, one in found.items()
        for control, mark in one.half.items()
        if not isinstance(mark, Landmark)
    ]
    for name, one in found.items():
        half, width = half_of(one), one.width["num_kept"]
        rows.append([
            name, f"{one.system.num_weights:,}", str(one.system.num_replicas),
            *(quoted(half.get(control)) for control in SCALES),
            quoted(number(*width)) if isinstance(width, tuple) else NOT_DETERMINED,
        ])  # fmt: skip
    heads = [f"{one.short} at half" for one in SCALES.values()]
    table = Table(
        "Half of the accuracy above chance",
        ("system", "prunable weights", "replicas", *heads, "width of the fall"), rows,
        "Control parameters at which half of the dense network's accuracy above chance is left; "
        "errors from resampled replicas and from the spacing of the densities. Width: ln(surviving "
        "weights at 75% / at 25%).",
    )  # fmt: skip
    return table, unique(reasons)


def half_sentences(found: dict[str, Located]) -> list[str]:
    """One sentence per system whose half-way point is determined."""
    sentences = []
    for name, one in found.items():
        half = half_of(one)
        if half.get("density") and half.get("num_kept"):
            sentences.append(
                f"{name}: half of the accuracy above chance is lost at a density of "
                f"{quoted(half['density'])}, or {quoted(half['num_kept'])} surviving weights "
                f"({one.system.num_replicas} replicas)."
            )
    return sentences
