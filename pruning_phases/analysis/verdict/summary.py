"""The verdict as JSON and as a table on the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.verdict.fit import (
    BINDER,
    DEEPENING,
    DRIFT,
    FALL,
    GROWTH,
    PEAK,
    WITHIN,
    WORDS,
    Verdict,
)
from pruning_phases.console import PLAIN
from pruning_phases.statistics.quote import cell, number

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.verdict.config import VerdictConfig
    from pruning_phases.statistics.crossings import Located

# Values that continuous and first-order transitions and crossovers predict, in the order of WORDS.
PREDICTIONS = {
    FALL: ("0 to 1/2", "1/2 to 1", "0"),
    PEAK: ("1/4 to 1", "1/2 to 1", "0"),
    GROWTH: ("0 to 1", "1", "0 or 1"),
    WITHIN: ("0.2 to 0.4", "to 0", "any"),
    DEEPENING: ("0", "-1", "0"),
    BINDER: ("some", "some", "none"),
    DRIFT: ("any", "any", "any"),
}


def to_json(verdict: Verdict, config: VerdictConfig) -> dict[str, Any]:
    """The word, the evidence with the hypotheses that it excludes, and the numbers of each size."""
    keys = ("runs", "size", "control", "order_parameter", "window", "num_resampled", "seed")
    content: dict[str, Any] = {
        "source": {key: getattr(config, key) for key in keys},
        "word": verdict.word,
        "missing": verdict.missing,
        "evidence": {},
    }
    for one in verdict.evidence:
        entry: dict[str, Any] = {"number": number(one.value, one.error)}
        entry["excludes"] = list(one.excludes)
        content["evidence"][one.name] = entry | ({"reason": one.reason} if one.reason else {})
    content["critical_point"] = number(*verdict.limit) if verdict.limit else None
    if verdict.limit_reason:
        content["critical_point_reason"] = verdict.limit_reason
    content["sizes"] = _sizes(verdict)
    content["binder_crossings"] = [
        {"N": list(one.sizes), "control": number(*one.control) if one.control else None}
        | ({"reason": one.reason} if one.reason else {})
        for one in verdict.measured.crossings
    ]
    return content


def _sizes(verdict: Verdict) -> list[dict[str, Any]]:
    measured = verdict.measured
    rows = []
    for index, item in enumerate(measured.curves):
        peak, modes = measured.peaks[index], measured.modes[index]
        row: dict[str, Any] = {
            "size": item.size, "N": item.num_weights, "num_replicas": item.curve.num_replicas,
            "fall_resolved": measured.widths_resolved[index],
            "variance_peak_resolved": measured.peaks_resolved[index],
            "modes_at": modes.control,
            # The test needs four replicas.
            "p_value_of_one_mode": modes.p_value if math.isfinite(modes.p_value) else None,
        }  # fmt: skip
        for name, located, pair in (
            ("half_point", measured.half_points[index], measured.half_points[index].control),
            ("width", measured.widths[index], measured.widths[index].value),
            ("width_of_variance_peak", measured.peak_widths[index],
             measured.peak_widths[index].value),
            ("susceptibility_peak", peak, peak.value),
            ("susceptibility_peak_at", peak, peak.control),
            ("variance_within_two_groups", modes.within, modes.within.value),
        ):  # fmt: skip
            _put(row, name, located, pair)
        rows.append(row)
    return rows


def _put(
    row: dict[str, Any], name: str, located: Located, pair: tuple[float, float] | None
) -> None:
    row[name] = number(*pair) if pair else None
    if pair is None:
        row.setdefault("reasons", {})[name] = located.reason


def show(verdict: Verdict, names: tuple[str, str, str], console: Console) -> None:
    """Print the word, one row per piece of evidence, the limit, and what is missing."""
    from rich import box
    from rich.table import Table

    curves = verdict.measured.curves
    replicas = sorted({item.curve.num_replicas for item in curves})
    sizes = ", ".join(f"{item.num_weights:g}" for item in curves)
    table = Table(
        title=f"{names[2]} over {names[0]}; N = {sizes}; "
        f"{' to '.join(map(str, dict.fromkeys((replicas[0], replicas[-1]))))} replicas",
        caption="exponents with respect to N; an excluded word is contradicted by two errors",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for name in ("evidence", "measured", *WORDS, "excludes"):
        table.add_column(name, overflow="fold")
    for one in verdict.evidence:
        shown = f"{one.value:g}" if one.name == BINDER else cell(one.value, one.error)
        table.add_row(_words(one.name), shown, *PREDICTIONS[one.name], ", ".join(one.excludes))
    console.print(table)
    for one in verdict.evidence:
        if one.reason:
            console.print(f"{_words(one.name)}: {one.reason}", **PLAIN)
    limit = verdict.limit
    where = cell(*limit) if limit else f"not determined ({verdict.limit_reason})"
    console.print(f"half point at infinite size: {where}", **PLAIN)
    console.print(f"verdict: {verdict.word}", **PLAIN)
    for line in verdict.missing:
        console.print(f"missing: {line}", **PLAIN)


def _words(name: str) -> str:
    return name.replace("_", " ")
