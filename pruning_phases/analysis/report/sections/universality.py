"""Section on the equality of systems at half accuracy, from universality.json."""

from typing import Any

import numpy as np

from pruning_phases.analysis.report.tables import Section, Table, unique
from pruning_phases.analysis.universality.read import SCALES
from pruning_phases.statistics.quote import NOT_DETERMINED, quoted, with_error

TITLE = "Half accuracy of all systems compared"


def tell(content: Any) -> Section:
    """The half accuracies, the tests of equality, and the control with the least scatter."""
    reasons = [
        f"{entry['system']}: {SCALES[control].short}: {reason}"
        for entry in content["systems"]
        for control, reason in entry.get("reasons", {}).items()
    ]
    tables = [_systems(content["systems"]), _tests(content["controls"])]
    return Section(TITLE, _findings(content), tables, unique(reasons))


def _findings(content: dict[str, Any]) -> list[str]:
    found = [
        f"All systems {'agree' if test['equal'] else 'differ'} in the {SCALES[name].short} at half "
        f"accuracy: {_mean(test)}, {_chi2(test)} (probability {test['probability']:.2g}), scatter "
        f"beyond the errors {test['scatter']:.0%}."
        for name, test in ((row["control"], row["half_accuracy"]) for row in content["controls"])
        if test
    ]
    if content["least_scatter"]:
        name = SCALES[content["least_scatter"]].short
        found.append(f"Relative to the width of the fall, the {name} at half accuracy vary least.")
    return found


def _systems(entries: list[dict[str, Any]]) -> Table:
    return Table(
        "Control parameters at half of the dense network's accuracy above chance",
        ("system", "prunable weights", *(one.short for one in SCALES.values()), "width",
         "replicas"),
        [
            [entry["system"], f"{entry['num_weights']:,}",
             *(quoted(entry["half_accuracy"].get(name)) for name in SCALES),
             quoted(entry["fall_width"].get("num_kept")), str(entry["num_replicas"])]
            for entry in entries
        ],
        "Width: ln(surviving weights at 75% / at 25%).",
    )  # fmt: skip


def _tests(rows: list[dict[str, Any]]) -> Table:
    cells = []
    for row in rows:
        test, scatter = row["half_accuracy"], row["relative_scatter"]
        shown = _shown(test) if test else [NOT_DETERMINED, "", "", ""]
        relative = "" if scatter is None else f"{scatter:.0%}"
        cells.append([SCALES[row["control"]].short, *shown, relative])
    return Table(
        "Equality of all systems",
        ("control parameter", "mean", "χ²/dof", "probability", "scatter", "relative scatter"),
        cells,
        "Scatter: rms difference in ln(control) beyond the errors; relative: in units of the width "
        "of the fall.",
    )


def _shown(test: dict[str, Any]) -> list[str]:
    ratio = f"{test['chi2'] / test['dof']:.2f}"
    return [_mean(test), ratio, f"{test['probability']:.2g}", f"{test['scatter']:.0%}"]


def _mean(test: dict[str, Any]) -> str:
    mean = float(np.exp(test["log_mean"]["value"]))
    return with_error(mean, mean * test["log_mean"]["error"])


def _chi2(test: dict[str, Any]) -> str:
    return f"χ²/dof {test['chi2']:.3g}/{test['dof']}"
