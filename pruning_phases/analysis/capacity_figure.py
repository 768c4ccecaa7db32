"""What pruned networks fit of their training examples, and how many they can memorize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pruning_phases.analysis.collapse_figure import shade
from pruning_phases.analysis.estimates import mean_and_error
from pruning_phases.analysis.memorization import Memory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "osD^vP*X<>"


def capacity_figure(systems: dict[str, list[Memory]], threshold: float) -> Figure:
    """Training accuracy over n at the sparsest density, noise correlation there, and capacity over
    sparsity; a line a pruner."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 4.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for number, (name, memories) in enumerate(systems.items()):
        style = {
            "color": shade(number, len(systems)), "marker": MARKERS[number % len(MARKERS)],
            "linestyle": ("-", "--", "-.", ":")[number % 4], "markersize": 4, "linewidth": 1.1,
            "capsize": 2, "label": name,
        }  # fmt: skip
        sparsest = memories[-1]
        for axis, values in (
            (left, sparsest.train_accuracy), (middle, sparsest.noise_correlation)
        ):  # fmt: skip
            axis.errorbar(sparsest.sizes, *mean_and_error(values), **style)
        known = [memory for memory in memories if memory.capacity]
        right.errorbar(
            [1 - memory.density for memory in known],
            [memory.capacity[0] for memory in known if memory.capacity],
            [memory.capacity[1] for memory in known if memory.capacity], **style,
        )  # fmt: skip
    left.axhline(threshold, color="grey", linestyle=":", linewidth=1)
    densities = sorted({memories[-1].density for memories in systems.values()})
    at = ", ".join(f"{1 - density:.4g}" for density in densities)
    _name(left, "training examples n", "training accuracy", f"at sparsity {at}")
    _name(middle, "training examples n", "noise correlation", f"at sparsity {at}")
    _name(right, "sparsity", f"capacity: n fitted to {threshold:.0%}", "memorization capacity")
    for axis in (left, middle):
        axis.set_xscale("log")
    if any(memory.capacity for memories in systems.values() for memory in memories):
        right.set_yscale("log")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _name(axis: Axes, x: str, y: str, title: str) -> None:
    axis.set(xlabel=x, ylabel=y)
    axis.set_title(f"{title}; bars: standard errors", fontsize=10)
    axis.grid(alpha=0.3)
