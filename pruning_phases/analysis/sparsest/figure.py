"""Figure of a search: accuracy over nonzeros with its front, and the success rates of winners."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pruning_phases.analysis.common.results import Panels
from pruning_phases.analysis.sparsest.read import Networks

# Colour and marker of the searches in turn, so that they differ in grey too.
STYLES = (("#2166ac", "o"), ("#b2182b", "s"), ("#1b7837", "^"), ("#762a83", "D"))
SPREAD = 0.3  # half width of the points of one number of nonzeros


def sparsest_panels(searches: Sequence[Networks], content: dict[str, Any]) -> Panels:
    """Return accuracy over nonzeros, and success rates if masks were trained again."""
    panels = {}
    if searches:
        panels["accuracy over nonzeros"] = partial(_fronts, searches=searches, content=content)
    if content["retrained"]:
        panels["success rate"] = partial(_rates, content=content)
    return panels


def sparsest_figure(searches: Sequence[Networks], content: dict[str, Any]) -> Figure:
    """Plot the panels side by side."""
    panels = sparsest_panels(searches, content)
    figure = Figure(figsize=(0.8 + 5.2 * len(panels), 4.4), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, plot in zip(axes, panels.values(), strict=True):
        plot(axis)
    return figure


def _fronts(axis: Axes, searches: Sequence[Networks], content: dict[str, Any]) -> None:
    """Plot the best try of every mask, and the highest accuracy up to each number of nonzeros."""
    generator = np.random.default_rng(0)
    for number, (networks, entry) in enumerate(zip(searches, content["searches"], strict=True)):
        colour, marker = STYLES[number % len(STYLES)]
        best, _ = networks.best()
        x = networks.nonzeros[best] + generator.uniform(-SPREAD, SPREAD, len(best))
        axis.plot(x, networks.accuracy[best], marker, color=colour, ms=2, alpha=0.25, mew=0,
                  rasterized=True)  # fmt: skip
        counts, accuracy = zip(
            *((one["nonzeros"], one["accuracy"]) for one in entry["front"]), strict=True
        )
        axis.step(counts, accuracy, where="post", color=colour, marker=marker, ms=5,
                  label=f"{networks.name}: highest of {entry['searched']:,} masks")  # fmt: skip
    axis.axhline(content["target"], color="dimgrey", lw=1, ls="--",
                 label=f"target {content['target']:g}")  # fmt: skip
    axis.set_xlabel("nonzeros (weights and biases)")
    axis.set_ylabel("accuracy, best try of each mask")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="lower right")


def _rates(axis: Axes, content: dict[str, Any]) -> None:
    """Plot the success rate of each mask with its interval, over its nonzeros."""
    rows = content["retrained"]
    same: dict[int, int] = {}
    for row in rows:
        place = same[row["nonzeros"]] = same.get(row["nonzeros"], -1) + 1
        low, high = row["interval"]
        error = [[row["rate"] - low], [high - row["rate"]]]
        axis.errorbar(row["nonzeros"] + 0.1 * place, row["rate"], error, fmt="o", color="#2166ac",
                      ms=4, capsize=2)  # fmt: skip
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlabel("nonzeros (masks with equal numbers side by side)")
    axis.set_ylabel(f"fraction of trainings that reach {content['target']:g}")
    axis.set_title("winners trained again; bars: Wilson's intervals (68%)", fontsize=10)
    axis.grid(alpha=0.3)
