"""Section on the topology control, from rewiring.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table, unique
from pruning_phases.statistics.quote import quoted

TITLE = "Topology control"
COLUMNS = {
    "final_training_loss": "training loss", "excess_over_original": "above original",
    "accuracy": "accuracy", "loss": "test loss",
}  # fmt: skip


def tell(content: Any) -> Section:
    """Losses and accuracies of every family, with the loss above that of the original masks."""
    rows = [
        [row["system"], f"{row['density']:.3g}", row["family"],
         *(quoted(row.get(name), "") for name in COLUMNS), str(row["num_networks"])]
        for row in content
    ]  # fmt: skip
    table = Table(
        "Families of graphs",
        ("system", "density", "family", *COLUMNS.values(), "networks"), rows,
        "Above original: paired difference in the training loss.",
    )  # fmt: skip
    findings = [
        f"{row['system']} at density {row['density']:.3g}: the training loss of {row['family']} "
        f"masks is {quoted(row['excess_over_original'])} above that of the original masks."
        for row in content
        if row.get("excess_over_original")
    ]
    reasons = [f"{row['family']}: {row['reason']}" for row in content if "reason" in row]
    return Section(TITLE, findings, [table], unique(reasons))
