"""What pruned networks fit of their training examples, and how many they can memorize."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pruning_phases.analysis.capacity.fit import Memory
from pruning_phases.analysis.common.styles import line_style
from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def capacity_figure(
    systems: dict[str, list[Memory]], content: list[dict[str, Any]], threshold: float
) -> Figure:
    """Above: training accuracy over n and noise correlation over updates at the sparsest density,
    capacity over sparsity; a line a pruner. Below, where masks were measured: what they tell, and
    the capacity over the weights kept beside that over the effective parameters."""
    from matplotlib.figure import Figure

    informed = any(row["mask_information"] for row in content)
    figure = Figure(figsize=(14, 9 if informed else 4.8), layout="constrained")
    panels = figure.subplots(1 + informed, 3, squeeze=False)
    styles = _styles(content, systems)
    for name, style in styles.items():
        if name in systems:
            _memorized(panels[0], systems[name], style)
    left, middle, right = panels[0]
    left.axhline(threshold, color="grey", linestyle=":", linewidth=1)
    densities = sorted({memories[-1].density for memories in systems.values()})
    at = ", ".join(f"{1 - density:.4g}" for density in densities)
    _name(left, "training examples n", "training accuracy", f"at sparsity {at}")
    largest = ", ".join(f"{size:g}" for size in sorted({m[-1].sizes[-1] for m in systems.values()}))
    _name(middle, "updates", "noise correlation", f"n = {largest}, at sparsity {at}")
    _name(right, "sparsity", f"capacity: n fitted to {threshold:.0%}", "memorization capacity")
    if informed:
        _informed(panels[1], content, styles)
    for axis in panels[:, :2].flat if not informed else (left, middle):
        axis.set_xscale("log")
    handles, labels = (left if systems else panels[-1][0]).get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _memorized(axes: Any, memories: list[Memory], style: dict[str, Any]) -> None:
    sparsest = memories[-1]
    axes[0].errorbar(sparsest.sizes, *mean_and_error(sparsest.train_accuracy), **style)
    if (noise := sparsest.over_training) is not None:
        axes[1].errorbar(noise.updates, noise.mean, noise.error, **style)
    known = [(1 - memory.density, *memory.capacity) for memory in memories if memory.capacity]
    sparsity, capacity, error = np.array(known, dtype=float).reshape(-1, 3).T
    axes[2].errorbar(sparsity, capacity, error, **style)


def _name_of(row: dict[str, Any]) -> str:
    return f"{row['model']} {row['dataset']} {row['pruner']}"


def _styles(
    content: list[dict[str, Any]], systems: dict[str, list[Memory]]
) -> dict[str, dict[str, Any]]:
    """The same line for a system in every panel."""
    names = list(dict.fromkeys([*map(_name_of, content), *systems]))
    return {
        name: line_style(number, len(names)) | {"label": name} for number, name in enumerate(names)
    }


def _informed(axes: Any, content: list[dict[str, Any]], styles: dict[str, dict[str, Any]]) -> None:
    for name, style in styles.items():
        own = [row for row in content if _name_of(row) == name and row["mask_information"]]
        _points(axes[0], own, "sparsity", "information_per_kept_weight", style)
        own = [row for row in own if row["capacity"]]
        _points(axes[1], own, "kept_weights", "capacity", style)
        _points(axes[2], own, "effective_parameters", "capacity", style)
    _name(axes[0], "sparsity", "nats per kept weight, at most", "what a mask tells of the data")
    _name(axes[1], "weights kept", "capacity", "capacity over weights kept")
    _name(axes[2], "effective parameters (upper bound)", "capacity", "over effective parameters")


def _points(axis: Axes, rows: list[dict[str, Any]], x: str, y: str, style: dict[str, Any]) -> None:
    places = [row[x] if isinstance(row[x], dict) else {"value": row[x], "error": 0} for row in rows]
    axis.errorbar(
        [place["value"] for place in places], [row[y]["value"] for row in rows],
        xerr=[place["error"] for place in places], yerr=[row[y]["error"] for row in rows], **style,
    )  # fmt: skip


def _name(axis: Axes, x: str, y: str, title: str) -> None:
    axis.set(xlabel=x, ylabel=y)
    axis.set_title(f"{title}; bars: standard errors", fontsize=10)
    axis.grid(alpha=0.3)
