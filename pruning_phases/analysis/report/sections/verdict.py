"""Section on the kind of the transition, from verdict.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table, order_parameter_label
from pruning_phases.analysis.verdict.fit import BINDER, WORDS
from pruning_phases.analysis.verdict.summary import PREDICTIONS
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.statistics.quote import quoted

TITLE = "Kind of the transition"


def tell(content: Any) -> Section:
    """The verdict, the evidence, and the numbers of each size."""
    source = content["source"]
    control = CONTROLS[source["control"]].short
    order_parameter = order_parameter_label(source["order_parameter"])
    findings = [
        f"The fall of the {order_parameter} over the {control} is: {content['word']} "
        f"({len(content['sizes'])} sizes)."
    ]
    if content["critical_point"]:
        findings.append(f"Half point at infinite size: {quoted(content['critical_point'])}.")
    findings += [f"Missing for a verdict: {line}." for line in content["missing"]]
    evidence = content["evidence"]
    reasons = [f"{_words(name)}: {one['reason']}" for name, one in evidence.items()
               if "reason" in one]  # fmt: skip
    if "critical_point_reason" in content:
        reasons.append(f"half point at infinite size: {content['critical_point_reason']}")
    return Section(TITLE, findings, [_evidence(evidence), _sizes(content["sizes"])], reasons)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _evidence(evidence: dict[str, Any]) -> Table:
    rows = []
    for name, one in evidence.items():
        number = one["number"]
        shown = f"{number['value']:g}" if name == BINDER and number else quoted(number)
        predicted = PREDICTIONS.get(name, [""] * len(WORDS))
        rows.append([_words(name), shown, *predicted, ", ".join(one["excludes"])])
    return Table(
        "Evidence", ("evidence", "measured", *WORDS, "excludes"), rows,
        "Exponents are with respect to the number of weights. A word is excluded if two errors "
        "contradict it.",
    )  # fmt: skip


def _sizes(rows: list[dict[str, Any]]) -> Table:
    columns = {
        "half_point": "half point", "width": "width of the fall",
        "width_of_variance_peak": "width of the variance's peak",
        "susceptibility_peak": "peak of the susceptibility",
    }  # fmt: skip
    return Table(
        "Sizes", ("size", "weights", "replicas", *columns.values()),
        [
            [f"{row['size']:g}", f"{row['N']:,.0f}", str(row["num_replicas"]),
             *(quoted(row[name]) for name in columns)]
            for row in rows
        ],
    )  # fmt: skip
