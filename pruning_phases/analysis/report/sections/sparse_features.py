"""Section on the examples that sparse features need, from sparse_features.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table
from pruning_phases.analysis.sparse_features.fit import NAMES
from pruning_phases.statistics.quote import quoted

TITLE = "Sparse features"
FOUND = ("for_support", "for_risk")


def tell(content: Any) -> Section:
    """Examples needed by every system, and their slopes."""
    points = [
        [one["inputs"], str(one["num_inputs"]), str(one["num_relevant"]),
         str(one["information_exponent"]), str(one["replicas"]),
         *(quoted(one[name], one.get(f"{name}_reason", "")) for name in FOUND)]
        for one in content["points"]
    ]  # fmt: skip
    slopes = [
        [one["inputs"], one["of"].removeprefix("for_"), NAMES[one["over"]], str(len(one["points"])),
         quoted(one["slope"])]
        for one in content["slopes"]
    ]  # fmt: skip
    findings = [
        f"Networks on {one['inputs']} inputs: ln n* for the {one['of'].removeprefix('for_')} has "
        f"the slope {quoted(one['slope'])} over the logarithm of the {NAMES[one['over']]}."
        for one in content["slopes"]
    ]
    masks = [
        [one["pruner"], str(one["num_inputs"]), str(one["num_relevant"]),
         str(one["train_size"] or "all"), f"{one['density']:.3g}", quoted(one["auc"])]
        for one in content["masks"]
    ]  # fmt: skip
    tables = [
        Table(
            "Relevant inputs in masks", ("pruner", "d", "s", "n", "density", "AUC"), masks,
            "Probability that a relevant input has more surviving edges than another one.",
        ),
        Table(
            "Training examples needed",
            ("inputs kept", "d", "s", "k", "replicas", "n* for the support", "n* for the risk"),
            points,
            f"n*: {content['support']:g} of the relevant inputs found, excess risk "
            f"{content['risk']:g}, in the median of the replicas.",
        ),
        Table("Slopes of ln n*", ("inputs kept", "n* for", "over ln of", "points", "slope"), slopes,
              "Weighted lines; errors widened by the scatter about the line."),
    ]  # fmt: skip
    return Section(TITLE, findings, [table for table in tables if table.rows], [])
