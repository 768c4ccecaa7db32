"""Accuracy and connectivity over density, with the landmarks of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pruning_phases.analysis.percolation.fit import Landmark, Undetermined
from pruning_phases.analysis.percolation.read import GraphCurves
from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Colour, line and marker: told apart in grey too.
STYLES = {
    "accuracy": ("black", "-", "o"), "largest_cluster": ("#2166ac", "--", "s"),
    "connected": ("#b2182b", ":", "^"), "mean_cluster": ("#1b7837", "-.", "D"),
}  # fmt: skip

LABELS = {
    "accuracy": "accuracy above chance / dense", "largest_cluster": "largest cluster / nodes",
    "connected": "networks with an input-output path", "mean_cluster": "mean other cluster",
}  # fmt: skip


def percolation_figure(
    systems: dict[str, tuple[GraphCurves, dict[str, Landmark | Undetermined]]], title: str
) -> Figure:
    """A column a system: what falls from 1 to 0 above, what peaks below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.2 + 5 * len(systems), 7), layout="constrained")
    panels = figure.subplots(2, len(systems), sharex="col", squeeze=False, height_ratios=(1.4, 1))
    for (upper, lower), (name, (curves, marks)) in zip(panels.T, systems.items(), strict=True):
        for what in ("accuracy", "largest_cluster", "connected"):
            _curve(upper, curves, marks, what)
        _curve(lower, curves, marks, "mean_cluster")
        upper.set_title(f"{name}, {len(curves.accuracy)} replicas", pad=42, fontsize=11)
        upper.axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
        upper.set(ylim=(-0.05, 1.05), ylabel="share")
        lower.set(xscale="log", ylabel="mean size (nodes)",
                  xlabel="density: share of the prunable weights that remains")  # fmt: skip
        lower.invert_xaxis()
        for axis in (upper, lower):
            axis.grid(alpha=0.3)
            axis.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    figure.suptitle(
        f"{title}\nbands: standard error; bars: landmarks with their errors", fontsize=9
    )
    return figure


def _curve(
    axis: Axes, curves: GraphCurves, marks: dict[str, Landmark | Undetermined], name: str
) -> None:
    colour, line, marker = STYLES[name]
    mean, error = mean_and_error(getattr(curves, name))
    axis.plot(curves.density, mean, color=colour, linestyle=line, marker=marker, markersize=3,
              linewidth=1.1, markevery=3, label=LABELS[name])  # fmt: skip
    axis.fill_between(curves.density, mean - error, mean + error, color=colour, alpha=0.25,
                      linewidth=0)  # fmt: skip
    mark = marks[name]
    if isinstance(mark, Undetermined):
        return
    low, high = np.exp(mark.value - mark.error), np.exp(mark.value + mark.error)
    axis.axvspan(low, high, color=colour, alpha=0.15, linewidth=0)
    axis.axvline(np.exp(mark.value), color=colour, linestyle=line, linewidth=0.9)
