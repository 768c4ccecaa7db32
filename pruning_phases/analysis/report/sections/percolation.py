"""Section on the percolation of masks, from percolation.json."""

from typing import Any

from pruning_phases.analysis.percolation.summary import TITLES
from pruning_phases.analysis.report.tables import Section, Table, unique
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.statistics.quote import quoted

TITLE = "Percolation of the mask"


def tell(content: Any) -> Section:
    """The landmarks of every system, and their distances from the half-way point."""
    rows, findings, reasons = [], [], []
    for entry in content:
        control = CONTROLS[entry["control"]].short
        for name, at in entry["landmarks"].items():
            away = entry["distances"].get(name)
            rows.append([
                entry["system"], TITLES[name], control, quoted(at),
                "" if name == "accuracy" else quoted(away), _in_errors(away),
            ])  # fmt: skip
        findings += _findings(entry, control)
        reasons += [f"{entry['system']}: {reason}" for reason in entry.get("reasons", {}).values()]
    table = Table(
        "Landmarks of accuracy and graph",
        ("system", "landmark", "control parameter", "at", "distance", "distance / error"), rows,
        "Distance: ln of the ratio of the control parameter where the accuracy is halved to that "
        "of the row.",
    )  # fmt: skip
    return Section(TITLE, findings, [table], unique(reasons))


def _in_errors(away: dict[str, float] | None) -> str:
    return f"{abs(away['value']) / away['error']:.1f}" if away and away["error"] else ""


def _findings(entry: dict[str, Any], control: str) -> list[str]:
    """The half-way point, and whether the percolation threshold agrees with it."""
    half, peak = entry["landmarks"]["accuracy"], entry["landmarks"].get("mean_cluster")
    away = entry["distances"].get("mean_cluster")
    if not half or not peak or not away or not away["error"]:
        return []
    apart = abs(away["value"]) / away["error"]
    verb = "agrees with" if apart <= 2 else "differs from"
    return [
        f"{entry['system']}: half of the accuracy is lost at a {control} of {quoted(half)}, which "
        f"{verb} the percolation threshold of the mask, {quoted(peak)} ({apart:.1f} errors apart)."
    ]
