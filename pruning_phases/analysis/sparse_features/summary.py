"""JSON content and printed tables of ``sparse_features``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.sparse_features.config import SparseFeaturesConfig
from pruning_phases.analysis.sparse_features.fit import NAMES, Needed, Pair, Slope
from pruning_phases.statistics.quote import number, quoted


def content_of(
    config: SparseFeaturesConfig,
    points: Sequence[Needed],
    slopes: Sequence[Slope],
    masks: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the JSON content: n* of every system, the slopes, the AUC of masks."""
    return {
        "support": config.support,
        "risk": config.risk,
        "points": [
            {"inputs": one.curves.inputs, "num_inputs": one.curves.num_inputs,
             "num_relevant": one.curves.num_relevant, "information_exponent": one.curves.exponent,
             "replicas": len(one.curves.risk), **_number("for_support", one.support),
             **_number("for_risk", one.risk)}
            for one in points
        ],
        "slopes": [
            {"inputs": one.inputs, "over": one.over, "of": f"for_{one.of}",
             "information_exponent": one.exponent, "num_inputs": one.num_inputs,
             "points": one.points, "slope": number(*one.slope)}
            for one in slopes
        ],
        "masks": masks,
    }  # fmt: skip


def _number(name: str, found: Pair | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {name: None, f"{name}_reason": found}
    return {name: number(*found)}


def show(content: dict[str, Any], console: Console) -> None:
    """Print n* of every system, the slopes, and the AUC of masks."""
    if content["masks"]:
        console.print(_masks(content["masks"]))
    if not content["points"]:
        return
    names = (f"n* for {content['support']:g} of the support", f"n* for risk {content['risk']:g}")
    table = Table(title="training examples needed", box=box.SIMPLE_HEAD)
    for name in ("inputs", "d", "s", "k", *names):
        table.add_column(name, justify="left" if name == "inputs" else "right")
    for one in content["points"]:
        numbers = (one[key] for key in ("num_inputs", "num_relevant", "information_exponent"))
        found = (
            quoted(one[name], one.get(f"{name}_reason", "")) for name in ("for_support", "for_risk")
        )
        table.add_row(one["inputs"], *map(str, numbers), *found)
    console.print(table)
    if content["slopes"]:
        console.print(_slopes(content["slopes"]))


def _slopes(slopes: list[dict[str, Any]]) -> Table:
    table = Table(title="slopes of ln n*", box=box.SIMPLE_HEAD)
    for name in ("inputs", "n* for", "over ln of", "d", "k", "points", "slope"):
        table.add_column(name, justify="right" if name in ("d", "k", "points", "slope") else "left")
    for one in slopes:
        table.add_row(
            one["inputs"], one["of"].removeprefix("for_"), NAMES[one["over"]],
            str(one["num_inputs"] or ""), str(one["information_exponent"]), str(len(one["points"])),
            quoted(one["slope"]),
        )  # fmt: skip
    return table


def _masks(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="do the edges of relevant inputs survive?", box=box.SIMPLE_HEAD)
    for name in ("pruner", "d", "s", "n", "density", "networks", "AUC"):
        table.add_column(name, justify="left" if name == "pruner" else "right")
    for one in rows:
        table.add_row(
            one["pruner"], str(one["num_inputs"]), str(one["num_relevant"]),
            str(one["train_size"] or "all"), f"{one['density']:.3g}", str(one["networks"]),
            quoted(one["auc"]),
        )  # fmt: skip
    return table
