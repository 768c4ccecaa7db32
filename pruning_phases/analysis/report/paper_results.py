"""Our side of the papers' statements as far as the results of analyses decide it.

In: the content of the JSON files of one study, by the name of the analysis. Out: our numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from pruning_phases.analysis.report.evidence import (
    AGREES,
    DISAGREES,
    NO_NUMBER,
    UNDECIDED,
    Found,
    larger,
)
from pruning_phases.analysis.report.tables import order_parameter_label
from pruning_phases.statistics.quote import quoted

Results = dict[str, Any]

PHASES = ("eumentia", "dementia", "amentia")
FAMILIES = ("original", "rewired", "random")  # from the lowest training loss to the highest
AT_INITIALIZATION = {"random_init", "magnitude_init", "snip", "grasp", "synflow"}


def _exponents(results: Results) -> Iterator[Found]:
    for fit in results["exponents"]["fits"]:
        if fit["exponent"] and fit["pruner"] == "magnitude":
            what = f"{fit['name']}, {order_parameter_label(fit['order_parameter'])}"
            yield Found(what, quoted(fit["exponent"]), NO_NUMBER)


def _kind(results: Results) -> Iterator[Found]:
    content = results["verdict"]
    word = str(content["word"])
    agreement = {"continuous": AGREES, "undecided": UNDECIDED}.get(word, DISAGREES)
    yield Found(f"{len(content['sizes'])} sizes over {content['source']['control']}", word,
                agreement)  # fmt: skip


def _family_order(results: Results) -> Iterator[Found]:
    groups: dict[tuple[str, float], dict[str, Any]] = {}
    for row in results["rewiring"]:
        losses = groups.setdefault((row["system"], row["density"]), {})
        losses[row["family"]] = row["final_training_loss"]
    for (system, density), losses in groups.items():
        if not all(losses.get(family) for family in FAMILIES):
            continue
        ours = ", ".join(f"{family} {quoted(losses[family])}" for family in FAMILIES)
        orders = {larger(losses[high], losses[low]) for low, high in pairwise(FAMILIES)}
        agreement = orders.pop() if len(orders) == 1 else f"{UNDECIDED}: in part"
        yield Found(f"{system} at density {density:.3g}", ours, agreement)


def _phases(results: Results) -> Iterator[Found]:
    points = results["phase_diagram"]["points"]
    for system in dict.fromkeys(point["system"] for point in points):
        seen = {point["phase"] for point in points if point["system"] == system}
        found = [phase for phase in PHASES if phase in seen]
        missing = ", ".join(phase for phase in PHASES if phase not in seen)
        agreement = f"{UNDECIDED}: no {missing}" if missing else AGREES
        yield Found(str(system), ", ".join(found) or "none decided", agreement)


def _alpha(results: Results) -> Iterator[Found]:
    points = results["phase_diagram"]["points"]
    for system in dict.fromkeys(point["system"] for point in points):
        own = [one for one in points if one["system"] == system and one["phase"] == PHASES[0]]
        if own:
            best = max(own, key=lambda one: one["alpha"]["value"])
            where = f"{system} at p_train {best['p_train']:g}, the largest of {len(own)} points"
            yield Found(where, quoted(best["alpha"]), f"{AGREES} in sign; {NO_NUMBER}")


def _dropout_scaling(results: Results) -> Iterator[Found]:
    content = results["collapse"]
    if content["source"].get("control") != "p_eval" or "preferred" not in content:
        return
    word = str(content["preferred"])
    agreement = {"bkt": AGREES, "power_law": DISAGREES}.get(word, UNDECIDED)
    ours = {"bkt": "BKT", "power_law": "power law"}.get(word, word)
    yield Found("loss over dropout at evaluation", ours, agreement)


def _information(results: Results) -> Iterator[Found]:
    """The most information at initialization, and the least with training, at equal sparsity."""
    groups: dict[tuple[str, str, float], list[dict[str, Any]]] = {}
    for row in results["capacity"]:
        if row["mask_information"]:
            key = (row["model"], row["dataset"], round(row["sparsity"], 4))
            groups.setdefault(key, []).append(row)
    for (model, data, sparsity), rows in groups.items():
        before = [row for row in rows if row["pruner"] in AT_INITIALIZATION]
        after = [row for row in rows if row["pruner"] not in AT_INITIALIZATION]
        if before and after:
            most = max(before, key=_information_of)
            least = min(after, key=_information_of)
            ours = ", ".join(
                f"{row['pruner']} {quoted(row['mask_information'])}" for row in (least, most)
            )
            agreement = larger(least["mask_information"], most["mask_information"])
            yield Found(f"{model} on {data} at sparsity {sparsity:g}", ours, agreement)


def _information_of(row: dict[str, Any]) -> float:
    return float(row["mask_information"]["value"])


def _effective_parameters(results: Results) -> Iterator[Found]:
    for row in results["capacity"]:
        if row["effective_parameters"]:
            where = f"{row['model']} on {row['dataset']}, {row['pruner']}, sparsity "
            yield Found(f"{where}{row['sparsity']:.4g}", quoted(row["effective_parameters"]),
                        NO_NUMBER)  # fmt: skip


FROM_RESULTS: dict[str, Callable[[Results], Iterator[Found]]] = {
    "exponents": _exponents, "kind": _kind, "family_order": _family_order, "phases": _phases,
    "alpha": _alpha, "dropout_scaling": _dropout_scaling, "information": _information,
    "effective_parameters": _effective_parameters,
}  # fmt: skip
