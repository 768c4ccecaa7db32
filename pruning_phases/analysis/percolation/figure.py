"""Figure of accuracy and connectivity over density, with their landmarks."""

from dataclasses import replace
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pruning_phases.analysis.common.axes import control_axis, plot_band
from pruning_phases.analysis.common.results import Panels
from pruning_phases.analysis.percolation.read import GraphCurves
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.observables.registry import observable
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.landmarks import Landmark, Undetermined

# The registry's observable that gives a curve its label and style.
OBSERVABLES = {
    "accuracy": replace(
        observable("accuracy"), label=f"{observable('corrected_accuracy').label} / dense network's"
    ),
    "largest_cluster": observable("largest_cluster"),
    "mean_cluster": observable("mean_cluster"),
    "connected": replace(
        observable("log_num_paths"), label="networks with an input-output path", unit=""
    ),
}


Marks = dict[str, Landmark | Undetermined]
Systems = dict[str, tuple[GraphCurves, Marks]]


def percolation_panels(systems: Systems, label: str) -> Panels:
    """Return the fractions that fall, and the peak of the other clusters, of each system."""
    panels = {}
    for name, (curves, marks) in systems.items():
        head = f"{name}: " if len(systems) > 1 else ""
        for which, plot in (("fractions", _fractions), ("other clusters", _clusters)):
            panels[f"{head}{which}"] = partial(plot, curves=curves, marks=marks, label=label)
    return panels


def percolation_figure(
    systems: Systems,
    title: str,
    label: str = CONTROLS["density"].label,
) -> Figure:
    """Plot one column per system: above, the fractions that fall; below, the peak."""
    figure = Figure(figsize=(1.2 + 5 * len(systems), 7), layout="constrained")
    panels = figure.subplots(2, len(systems), sharex="col", squeeze=False, height_ratios=(1.4, 1))
    for (upper, lower), (name, (curves, marks)) in zip(panels.T, systems.items(), strict=True):
        _fractions(upper, curves, marks, label)
        _clusters(lower, curves, marks, label)
        upper.set_title(f"{name}, {len(curves.accuracy)} replicas", pad=42, fontsize=11)
        upper.set_xlabel("")
        for axis in (upper, lower):
            axis.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    bands = "bands: standard errors; vertical bands: landmarks with their errors"
    figure.suptitle(f"{title}\n{bands}", fontsize=9)
    return figure


def _fractions(axis: Axes, curves: GraphCurves, marks: Marks, label: str) -> None:
    for quantity in ("accuracy", "largest_cluster", "connected"):
        _curve(axis, curves, marks, quantity)
    axis.axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
    axis.set(ylim=(-0.05, 1.05), ylabel="fraction")
    control_axis(axis, label)
    axis.grid(alpha=0.3)


def _clusters(axis: Axes, curves: GraphCurves, marks: Marks, label: str) -> None:
    _curve(axis, curves, marks, "mean_cluster")
    axis.set_ylabel(OBSERVABLES["mean_cluster"].axis_label)
    control_axis(axis, label)
    axis.grid(alpha=0.3)


def _curve(axis: Axes, curves: GraphCurves, marks: Marks, name: str) -> None:
    """Plot the mean of one quantity over replicas with its error, and its landmark."""
    shown = OBSERVABLES[name]
    mean, error = mean_and_error(getattr(curves, name))
    plot_band(axis, curves.control, mean, error, shown, markersize=3, linewidth=1.1, markevery=3,
              label=shown.label)  # fmt: skip
    mark = marks[name]
    if isinstance(mark, Undetermined):
        return
    low, high = np.exp(mark.value - mark.error), np.exp(mark.value + mark.error)
    axis.axvspan(low, high, color=shown.colour, alpha=0.15, linewidth=0)
    axis.axvline(np.exp(mark.value), color=shown.colour, linestyle=shown.line, linewidth=0.9)
