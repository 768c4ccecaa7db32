"""Searches and success rates as entries of sparsest.json and as printed tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from pruning_phases.analysis.sparsest.fit import front, success_rate
from pruning_phases.analysis.sparsest.pruned import Pruned, fewest, growth, least_nonzeros
from pruning_phases.analysis.sparsest.read import Networks
from pruning_phases.console import PLAIN
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import number, quoted


def search_json(networks: Networks, target: float) -> dict[str, Any]:
    """Return what was searched of an enumeration, and the fewest nonzeros that reach the target."""
    best, tries = networks.best()
    counts, accuracy = networks.nonzeros[best], networks.accuracy[best]
    reached = accuracy >= target
    successes = int((networks.accuracy >= target).sum())
    return {
        "name": networks.name,
        "masks": networks.num_masks,
        "searched": len(best),
        "tries_per_mask": [int(tries.min()), int(tries.max())],
        "networks": len(networks.accuracy),
        "fewest_nonzeros": int(counts[reached].min()) if reached.any() else None,
        "masks_that_reach_it": int(reached.sum()),
        "networks_that_reach_it": successes,
        "highest_accuracy": float(accuracy.max()),
        "front": [{"nonzeros": n, "accuracy": a} for n, a in front(counts, accuracy)],
    }


def retrained_json(networks: Networks, target: float) -> list[dict[str, Any]]:
    """Return the success rate of every mask of a file, over other initial weights."""
    rows = []
    for mask in np.unique(networks.mask):
        own = networks.mask == mask
        accuracy = networks.accuracy[own]
        successes, trials = int((accuracy >= target).sum()), len(accuracy)
        rate, low, high = success_rate(successes, trials)
        rows.append(
            {
                "of": networks.name,
                "mask": int(mask),
                "nonzeros": int(networks.nonzeros[own][0]),
                "trials": trials,
                "successes": successes,
                "rate": rate,
                "interval": [low, high],
                "highest_accuracy": float(accuracy.max()),
                "median_accuracy": float(np.median(accuracy)),
            }
        )
    return rows


def pruned_json(pruned: Pruned, target: float) -> dict[str, Any]:
    """Return the fewest nonzeros of one pruner at one width, and what it reaches at each number of
    surviving weights. Means have standard errors over the replicas."""
    found = fewest(least_nonzeros(pruned, target))
    dead, error = mean_and_error(pruned.dead)
    reached = (pruned.accuracy >= target).any(axis=0)
    sparsest = int(np.flatnonzero(reached)[-1]) if reached.any() else None
    return {
        "pruner": pruned.pruner,
        "widths": list(pruned.widths),
        "replicas": len(pruned.accuracy),
        "fewest_nonzeros": number(*found) if found else None,
        "dead_fraction": None if sparsest is None else number(dead[sparsest], error[sparsest]),
        "highest_accuracy": float(pruned.accuracy.max()),
        "steps": [
            {"num_kept": int(kept), "nonzeros": float(pruned.nonzeros[:, step].mean()),
             "highest_accuracy": float(pruned.accuracy[:, step].max()),
             "reached": int((pruned.accuracy[:, step] >= target).sum()),
             "dead_fraction": number(dead[step], error[step])}
            for step, kept in enumerate(pruned.num_kept)
        ],
    }  # fmt: skip


def growth_json(pruned: Sequence[Pruned], target: float) -> list[dict[str, Any]]:
    """Return the slope of ln(fewest nonzeros) over ln(mean width) of every pruner."""
    rows = []
    for name in dict.fromkeys(one.pruner for one in pruned):
        own = [one for one in pruned if one.pruner == name]
        least = [least_nonzeros(one, target) for one in own]
        found = growth([float(np.mean(one.widths)) for one in own], least)
        rows.append({"pruner": name, "slope": number(*found) if found else None})
    return rows


def show(content: dict[str, Any], console: Console) -> None:
    """Print the searches, the success rates, then the pruned networks."""
    target = content["target"]
    if content["pruned"]:
        console.print(_pruned(content, target))
    if content["searches"]:
        console.print(_searches(content["searches"], target))
    if content["retrained"]:
        console.print(_rates(content["retrained"], target))
    if content["winners"]:
        console.print(f"masks that won: {content['winners']['file']}", **PLAIN)
    elif content["searches"]:
        console.print(f"no network reaches an accuracy of {target:g}", **PLAIN)


def _searches(searches: list[dict[str, Any]], target: float) -> Table:
    table = Table(title=f"searches for accuracy {target:g}", box=box.SIMPLE_HEAD)
    for name in ("search", "masks trained", "tries", "nonzeros", "masks that reach it", "highest"):
        table.add_column(name, justify="left" if name == "search" else "right", overflow="fold")
    for one in searches:
        low, high = one["tries_per_mask"]
        table.add_row(
            one["name"], f"{one['searched']} of {one['masks']}",
            str(low) if low == high else f"{low}-{high}",
            "none" if one["fewest_nonzeros"] is None else str(one["fewest_nonzeros"]),
            str(one["masks_that_reach_it"]), f"{one['highest_accuracy']:.4f}",
        )  # fmt: skip
    return table


def _pruned(content: dict[str, Any], target: float) -> Table:
    table = Table(title=f"pruned networks, accuracy {target:g}", box=box.SIMPLE_HEAD)
    for name in ("pruner", "widths", "nonzeros", "dead weights", "highest", "growth with width"):
        table.add_column(name, justify="left" if name == "pruner" else "right", overflow="fold")
    slopes = {row["pruner"]: row["slope"] for row in content["growth"]}
    for one in content["pruned"]:
        table.add_row(
            one["pruner"], ",".join(map(str, one["widths"])),
            *(quoted(one[name], "none") for name in ("fewest_nonzeros", "dead_fraction")),
            f"{one['highest_accuracy']:.4f}", quoted(slopes[one["pruner"]], ""),
        )  # fmt: skip
    return table


def _rates(rows: list[dict[str, Any]], target: float) -> Table:
    table = Table(title=f"masks trained again, accuracy {target:g}", box=box.SIMPLE_HEAD)
    for name in ("mask", "nonzeros", "reached", "rate", "interval", "highest"):
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        low, high = row["interval"]
        table.add_row(
            str(row["mask"]), str(row["nonzeros"]), f"{row['successes']} of {row['trials']}",
            f"{row['rate']:.2f}", f"{low:.2f} to {high:.2f}", f"{row['highest_accuracy']:.4f}",
        )  # fmt: skip
    return table
