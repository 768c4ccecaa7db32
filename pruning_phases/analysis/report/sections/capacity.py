"""Section on memorization capacity and mask information, from capacity.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table, unique
from pruning_phases.statistics.quote import quoted

TITLE = "Capacity and information in the mask"
COLUMNS = {
    "capacity": "capacity", "noise_correlation": "noise correlation",
    "mask_information": "mask information (nats)",
    "information_per_kept_weight": "information per weight",
    "effective_parameters": "effective parameters",
}  # fmt: skip


def tell(content: Any) -> Section:
    """One row per pruner and sparsity, one sentence per measured number of parameters."""
    rows = [
        [row["model"], row["dataset"], row["pruner"], f"{row['sparsity']:.4g}",
         "" if row["kept_weights"] is None else f"{row['kept_weights']:,}",
         *(quoted(row[name], "") for name in COLUMNS)]
        for row in content
    ]  # fmt: skip
    table = Table(
        "Pruned networks",
        ("model", "data", "pruner", "sparsity", "surviving weights", *COLUMNS.values()), rows,
        "Mask information: upper bound on what the mask knows of its data. Effective parameters: "
        "surviving weights + information. Empty: not measured.",
    )  # fmt: skip
    reasons = [
        f"{row['pruner']} at sparsity {row['sparsity']:.4g}: {row['reason']}"
        for row in content
        if "reason" in row
    ]
    findings = [line for row in content for line in _findings(row)]
    return Section(TITLE, findings, [table], unique(reasons))


def _findings(row: dict[str, Any]) -> list[str]:
    what = f"{row['model']} on {row['dataset']}, {row['pruner']} at sparsity {row['sparsity']:.4g}"
    found = []
    if row["capacity"]:
        found.append(f"{what}: fits {quoted(row['capacity'])} noisy examples.")
    if row["effective_parameters"]:
        found.append(
            f"{what}: {quoted(row['effective_parameters'])} effective parameters, "
            f"{quoted(row['mask_information'])} of them information in the mask."
        )
    return found
