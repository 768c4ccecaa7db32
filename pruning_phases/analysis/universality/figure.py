"""Figure of universality: the falls of all systems over a control and over the density, and their
half accuracies over the size."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.analysis.common.styles import line_style
from pruning_phases.analysis.universality.fit import HALF, Comparison, Located
from pruning_phases.analysis.universality.read import PER_LAYER, SCALES
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.landmarks import Landmark
from pruning_phases.statistics.quote import with_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pruning_phases.analysis.common.results import Panels

LONG_NAME = 70  # letters of a name beyond which the legend has one column


def universality_panels(
    systems: Mapping[str, Located], comparisons: Mapping[str, Comparison], main: str
) -> Panels:
    """Return accuracy over each control, and the main control at half accuracy over the size."""
    halves = partial(_halves, systems=systems, comparison=comparisons[main], control=main)
    controls = dict.fromkeys((main, "density", *SCALES))
    falls = {name: partial(_falls, systems=systems, control=name) for name in controls}
    return {**falls, "half accuracy": halves}


def universality_figure(
    systems: Mapping[str, Located], comparisons: Mapping[str, Comparison], main: str
) -> Figure:
    """Plot accuracy over three controls, and the number of weights at half accuracy over the
    size."""
    wide = max(map(len, systems), default=0) > LONG_NAME
    rows = len(systems) if wide else (len(systems) + 1) // 2
    figure = Figure(figsize=(12, 8.5 + 0.2 * rows), layout="constrained")
    panels = figure.subplots(2, 2)
    for axis, control in zip(panels.flat, ("density", main, PER_LAYER.name), strict=False):
        _falls(axis, systems, control)
    _halves(panels[1, 1], systems, comparisons[main], main)
    figure.legend(*panels[0, 1].get_legend_handles_labels(), loc="outside lower center",
                  ncols=1 if wide else 2, fontsize=8)  # fmt: skip
    figure.suptitle("error bars: standard errors over replicas", fontsize=9)
    return figure


def _falls(axis: Axes, systems: Mapping[str, Located], control: str) -> None:
    for number, (name, one) in enumerate(systems.items()):
        if control not in one.system.curves:
            continue
        at, accuracy = one.system.curves[control]
        mean, error = mean_and_error(accuracy)
        axis.errorbar(at, mean, error, label=name, **line_style(number, len(systems)))
    axis.axhline(HALF, color="grey", linewidth=0.8, linestyle=":")
    control_axis(axis, SCALES[control].label)
    axis.set_ylabel("accuracy above chance / dense network's")
    axis.grid(alpha=0.3)


def _halves(
    axis: Axes, systems: Mapping[str, Located], comparison: Comparison, control: str
) -> None:
    for number, one in enumerate(systems.values()):
        mark = one.half.get(control)
        if isinstance(mark, Landmark):
            value, error = mark.exponentiated
            style = line_style(number, len(systems)) | {"linestyle": "none", "markersize": 6}
            axis.errorbar(one.system.num_weights, value, error, **style)
    if test := comparison.all:
        mean, scatter = np.exp(test.mean), np.exp(test.scatter)
        axis.axhspan(mean / scatter, mean * scatter, color="grey", alpha=0.2, linewidth=0)
        axis.axhline(mean, color="grey", linewidth=0.8)
        quality = f"$\\chi^2$/dof = {test.chi2 / test.dof:.1f}"
        axis.set_title(
            f"mean {with_error(mean, mean * test.error)}; {quality}; "
            f"band: scatter beyond the errors, {test.scatter:.0%}", fontsize=9,
        )  # fmt: skip
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set(
        xlabel="number of prunable weights", ylabel=f"{SCALES[control].short} at half accuracy"
    )
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
