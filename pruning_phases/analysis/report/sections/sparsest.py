"""Section on the sparsest networks of an enumeration, from sparsest.json."""

from typing import Any

from pruning_phases.analysis.report.tables import Section, Table
from pruning_phases.statistics.quote import quoted

TITLE = "Sparsest networks"


def tell(content: Any) -> Section:
    """Searches with the fewest nonzeros that reach the target, success rates, pruned networks."""
    target = f"{content['target']:g}"
    tables = [*_of_searches(content, target), *_of_pruned(content, target)]
    findings = [
        f"{one['name']}, {one['searched']} of {one['masks']} masks trained: the sparsest network "
        f"with an accuracy of {target} has {one['fewest_nonzeros']} nonzeros."
        for one in content["searches"]
        if one["fewest_nonzeros"] is not None
    ]
    reasons = [
        f"{one['name']}: none of {one['networks']} networks reaches {target}; the highest accuracy "
        f"is {one['highest_accuracy']:.4f}."
        for one in content["searches"]
        if one["fewest_nonzeros"] is None
    ]
    return Section(TITLE, findings, [table for table in tables if table.rows], reasons)


def _of_searches(content: Any, target: str) -> list[Table]:
    searches = [
        [one["name"], f"{one['searched']} of {one['masks']}", str(one["networks"]),
         str(one["fewest_nonzeros"] or ""), str(one["masks_that_reach_it"]),
         f"{one['highest_accuracy']:.4f}"]
        for one in content["searches"]
    ]  # fmt: skip
    rates = [
        [row["of"], str(row["mask"]), str(row["nonzeros"]), str(row["trials"]),
         f"{row['rate']:.2f}", "{:.2f} to {:.2f}".format(*row["interval"])]
        for row in content["retrained"]
    ]  # fmt: skip
    return [
        Table(
            f"Searches for an accuracy of {target}",
            ("search", "masks trained", "networks", "fewest nonzeros", "masks that reach it",
             "highest accuracy"), searches,
            "Nonzeros: weights and biases. The best try of each mask counts.",
        ),
        Table(
            "Masks trained again from other initial weights",
            ("search", "mask", "nonzeros", "trainings", "success rate", "interval"), rates,
            f"Success: an accuracy of {target}. Wilson's intervals of 68%.",
        ),
    ]  # fmt: skip


def _of_pruned(content: Any, target: str) -> list[Table]:
    pruned = [
        [one["pruner"], ", ".join(map(str, one["widths"])), str(one["replicas"]),
         quoted(one["fewest_nonzeros"], "not reached"), quoted(one["dead_fraction"], ""),
         f"{one['highest_accuracy']:.4f}"]
        for one in content["pruned"]
    ]  # fmt: skip
    slopes = [[row["pruner"], quoted(row["slope"], "")] for row in content["growth"]]
    return [
        Table(
            "Pruned networks",
            ("pruner", "widths", "networks", "fewest nonzeros", "dead weights", "highest accuracy"),
            pruned, f"Fewest nonzeros with an accuracy of {target}; dead: on no path.",
        ),
        Table(
            "Growth with the width", ("pruner", "slope"), slopes,
            "Slope of ln(fewest nonzeros) over ln(mean width).",
        ),
    ]  # fmt: skip
