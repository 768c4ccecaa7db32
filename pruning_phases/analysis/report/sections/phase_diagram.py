"""Section on dropout phases, from phase_diagram.json."""

from collections import Counter
from typing import Any

from pruning_phases.analysis.report.tables import Section, Table, unique
from pruning_phases.statistics.quote import quoted

TITLE = "Dropout phases"


def tell(content: Any) -> Section:
    """The phases found, their boundaries, and all points."""
    axis = content["control"]
    findings = []
    for system, counts in _counts(content["points"]).items():
        parts = ", ".join(f"{phase} at {count}" for phase, count in counts.most_common())
        findings.append(f"{system}: {parts} of {counts.total()} points.")
    findings += [
        f"{entry['system']}: {entry['kind']} at {_along(entry, content)} = {quoted(entry['value'])}"
        f"{_at(entry)}."
        for entry in content["boundaries"]
        if entry["value"]
    ]
    reasons = [
        f"{entry['system']}: {entry['kind']}{_at(entry)}: {entry['reason']}"
        for entry in content["boundaries"]
        if not entry["value"] and entry.get("reason")
    ]
    return Section(
        TITLE, findings, [_boundaries(content), _points(content["points"], axis)], unique(reasons)
    )


def _counts(points: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for point in points:
        found.setdefault(point["system"], Counter())[point["phase"]] += 1
    return found


def _along(entry: dict[str, Any], content: dict[str, Any]) -> str:
    return str(content["boundaries_are_of"]) if "p_train" in entry else "p_train"


def _at(entry: dict[str, Any]) -> str:
    return f" at p_train {entry['p_train']:g}" if "p_train" in entry else ""


def _boundaries(content: dict[str, Any]) -> Table:
    rows = []
    for entry in content["boundaries"]:
        parts = [f"{name} {part:.2g}" for name, part in (entry["error_parts"] or {}).items()]
        rate = f"{entry['p_train']:g}" if "p_train" in entry else ""
        rows.append([entry["system"], entry["kind"], rate, _along(entry, content),
                     quoted(entry["value"]), ", ".join(parts)])  # fmt: skip
    return Table(
        "Boundaries", ("system", "boundary", "p_train", "along", "at", "parts of the error"), rows
    )


def _points(points: list[dict[str, Any]], axis: str) -> Table:
    return Table(
        "Phase at each point",
        ("system", "p_train", axis, "phase", "probability", "α", "loss at the largest N"),
        [
            [point["system"], f"{point['p_train']:g}", f"{point[axis]:.4g}", point["phase"],
             f"{point['confidence']:.3f}", quoted(point["alpha"]), quoted(point["loss"])]
            for point in points
        ],
        "α = -d ln L / d ln N.",
    )  # fmt: skip
