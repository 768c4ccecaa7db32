"""Axes and curves that figures share: the control runs the same way in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from pruning_phases.observables.controls import CONTROLS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from pruning_phases.analysis.common.results import Panels
    from pruning_phases.observables.registry import Observable

SHORT = 30  # ratio of the ends of an axis below which 2 and 5 have ticks as well


def side_by_side(panels: Panels, height: float, width: float = 5.0) -> Figure:
    """Plot the panels beside each other, each ``width`` x ``height`` inches."""
    figure = Figure(figsize=(0.8 + width * len(panels), height), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, plot in zip(axes, panels.values(), strict=True):
        plot(axis)
    return figure


def control_axis(axis: Axes, label: str = CONTROLS["density"].label) -> None:
    """Make the x axis logarithmic, the dense network on the left."""
    axis.set_xscale("log")
    axis.set_xlabel(label)
    low, high = sorted(axis.get_xlim())
    if high < SHORT * low:  # too few powers of ten to tell the values by
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    if not axis.xaxis_inverted():
        axis.invert_xaxis()


def plot_band(
    axis: Axes, x: NDArray, mean: NDArray, error: NDArray, shown: Observable, **line: Any
) -> None:
    """Plot means in the observable's style or that of ``line``, and a band of their errors."""
    style = {"color": shown.colour, "linestyle": shown.line, "marker": shown.marker} | line
    axis.plot(x, mean, **style)
    axis.fill_between(x, mean - error, mean + error, color=style["color"], alpha=0.25, linewidth=0)
