"""Phase diagrams as heat maps for the page, from the content of phase_diagram.json."""

from typing import Any

from pruning_phases.analysis.phase_diagram.figure import COLOURS
from pruning_phases.analysis.phase_diagram.fit import PHASES, UNDECIDED
from pruning_phases.statistics.quote import quoted

KINDS = (*PHASES, UNDECIDED)


def phase_maps(content: Any) -> list[dict[str, Any]]:
    """One map per system: phases and exponents over the control and p_train, with boundaries."""
    axis = str(content["control"])
    systems = dict.fromkeys(str(point["system"]) for point in content["points"])
    return [
        _map(system, axis, content, [p for p in content["points"] if p["system"] == system])
        for system in systems
    ]


def _map(
    system: str, axis: str, content: dict[str, Any], points: list[dict[str, Any]]
) -> dict[str, Any]:
    across = sorted({float(point[axis]) for point in points})
    up = sorted({float(point["p_train"]) for point in points})
    at = {(float(point["p_train"]), float(point[axis])): point for point in points}
    grid = [[at.get((rate, value)) for value in across] for rate in up]
    labels = {"p_eval": "dropout at evaluation p_eval", "density": "density"}
    return {
        "system": system, "axis": axis, "label": labels.get(axis, axis),
        "x": across, "y": up, "kinds": list(KINDS),
        "colours": [COLOURS[kind][0] for kind in KINDS],
        "phase": [[KINDS.index(p["phase"]) if p else None for p in row] for row in grid],
        "letter": [[_letter(p) for p in row] for row in grid],
        "alpha": [[_value(p) for p in row] for row in grid],
        "text": [[_text(p) for p in row] for row in grid],
        "boundaries": _boundaries(system, axis, content["boundaries"]),
    }  # fmt: skip


def _letter(point: dict[str, Any] | None) -> str:
    if point is None:
        return ""
    return "?" if point["phase"] == UNDECIDED else point["phase"][0].upper()


def _value(point: dict[str, Any] | None) -> float | None:
    return round(float(point["alpha"]["value"]), 5) if point and point["alpha"] else None


def _text(point: dict[str, Any] | None) -> list[str]:
    """Lines of the hover text: phase and its probability, exponent, loss."""
    if point is None:
        return []
    return [
        f"{point['phase']}, probability {point['confidence']:.3f}",
        f"α = {quoted(point['alpha'])}",
        f"loss at the largest N: {quoted(point['loss'])}",
    ]


def _boundaries(system: str, axis: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Boundaries with their errors; one along p_train has no p_train of its own."""
    found = []
    for entry in entries:
        if entry["system"] != system or not entry["value"]:
            continue
        value, error = float(entry["value"]["value"]), float(entry["value"]["error"] or 0.0)
        along_control = "p_train" in entry
        if along_control and axis == "density":  # the file has the sparsity
            value = 1 - value
        found.append({
            "kind": str(entry["kind"]), "value": value, "error": error,
            "p_train": float(entry["p_train"]) if along_control else None,
        })  # fmt: skip
    return found
