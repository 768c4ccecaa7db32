"""Figure of memorization: training accuracy, noise correlation, capacity, mask information."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pruning_phases.analysis.capacity.fit import Memory
from pruning_phases.analysis.capacity.read import Subnetwork
from pruning_phases.analysis.common.styles import line_style
from pruning_phases.observables.registry import observable
from pruning_phases.statistics.estimates import mean_and_error


def capacity_figure(
    memories: dict[Subnetwork, Memory], content: list[dict[str, Any]], threshold: float
) -> Figure:
    """Plot one line per pruner.

    Above: training accuracy over n and noise correlation over updates, both at the lowest density,
    and the capacity over sparsity. Below, if masks were measured: their information, and the
    capacity over the surviving weights and over the effective parameters.
    """
    informed = any(row["mask_information"] for row in content)
    figure = Figure(figsize=(14, 9 if informed else 4.8), layout="constrained")
    panels = figure.subplots(1 + informed, 3, squeeze=False)
    names = list(dict.fromkeys(map(_name_of, content)))
    styles = {
        name: line_style(number, len(names)) | {"label": name} for number, name in enumerate(names)
    }
    systems: dict[str, list[Memory]] = {}
    for key, memory in memories.items():
        systems.setdefault(" ".join(key[:3]), []).append(memory)
    for name, measured in systems.items():
        _memorized(panels[0], measured, styles[name])
    left, middle, right = panels[0]
    left.axhline(threshold, color="grey", linestyle=":", linewidth=1)
    densities = sorted({measured[-1].density for measured in systems.values()})
    at = ", ".join(f"{1 - density:.4g}" for density in densities)
    _name(left, "training examples n", observable("train_accuracy").label, f"at sparsity {at}")
    largest = ", ".join(f"{size:g}" for size in sorted({m[-1].sizes[-1] for m in systems.values()}))
    noise = observable("noise_correlation").label
    _name(middle, "updates", noise, f"n = {largest}, at sparsity {at}")
    _name(right, "sparsity", f"capacity: n fitted to {threshold:.0%}", "memorization capacity")
    if informed:
        _informed(panels[1], content, styles)
    for axis in panels[:, :2].flat if not informed else (left, middle):
        axis.set_xscale("log")
    handles, labels = (left if systems else panels[-1][0]).get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _memorized(axes: Any, memories: list[Memory], style: dict[str, Any]) -> None:
    """Plot one pruner's densities, which are in falling order."""
    sparsest = memories[-1]
    axes[0].errorbar(sparsest.sizes, *mean_and_error(sparsest.train_accuracy), **style)
    if (noise := sparsest.over_training) is not None:
        axes[1].errorbar(noise.updates, noise.mean, noise.error, **style)
    known = [(1 - memory.density, *memory.capacity) for memory in memories if memory.capacity]
    sparsity, capacity, error = np.array(known, dtype=float).reshape(-1, 3).T
    axes[2].errorbar(sparsity, capacity, error, **style)


def _name_of(row: dict[str, Any]) -> str:
    return f"{row['model']} {row['dataset']} {row['pruner']}"


def _informed(axes: Any, content: list[dict[str, Any]], styles: dict[str, dict[str, Any]]) -> None:
    for name, style in styles.items():
        own = [row for row in content if _name_of(row) == name and row["mask_information"]]
        _points(axes[0], own, "sparsity", "information_per_kept_weight", style)
        own = [row for row in own if row["capacity"]]
        _points(axes[1], own, "kept_weights", "capacity", style)
        _points(axes[2], own, "effective_parameters", "capacity", style)
    _name(axes[0], "sparsity", "nats per surviving weight", "upper bound on the mask's information")
    _name(axes[1], "surviving weights", "capacity", "capacity over surviving weights")
    _name(axes[2], "effective parameters (upper bound)", "capacity", "over effective parameters")


def _points(axis: Axes, rows: list[dict[str, Any]], x: str, y: str, style: dict[str, Any]) -> None:
    """Plot two columns of the rows; a number without error is exact."""
    across = [row[x] if isinstance(row[x], dict) else {"value": row[x], "error": 0} for row in rows]
    axis.errorbar(
        [entry["value"] for entry in across], [row[y]["value"] for row in rows],
        xerr=[entry["error"] for entry in across], yerr=[row[y]["error"] for row in rows], **style,
    )  # fmt: skip


def _name(axis: Axes, x: str, y: str, title: str) -> None:
    axis.set(xlabel=x, ylabel=y)
    axis.set_title(f"{title}; bars: standard errors", fontsize=10)
    axis.grid(alpha=0.3)
