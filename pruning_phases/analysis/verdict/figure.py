"""Figure of a verdict: curves, pseudo-critical points, widths, fluctuations, distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.analysis.common.styles import line_style, marker, shade
from pruning_phases.analysis.verdict.fit import FALL, GROWTH, PEAK, Verdict
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from pruning_phases.analysis.common.results import Panels
    from pruning_phases.statistics.crossings import Located

BINS = 24

LINEAR = 3.0  # ratio of half points up to which their axis is linear


def verdict_panels(verdict: Verdict, names: tuple[str, str, str]) -> Panels:
    """Return the six panels. ``names``: of control, size and order parameter."""
    return {
        "order parameter": _panel(_order, verdict, names),
        "pseudo-critical points": _panel(_half_points, verdict, names[0]),
        "widths": _panel(_widths, verdict),
        "susceptibility": _panel(_susceptibility, verdict),
        "distributions": _panel(_distributions, verdict, names[2]),
        "Binder cumulant": _panel(_binder, verdict, names[0]),
    }


def _panel(plot: Callable[..., None], *given: Any) -> Callable[[Axes], None]:
    def with_grid(axis: Axes) -> None:
        plot(axis, *given)
        axis.grid(alpha=0.3)

    return with_grid


def verdict_figure(verdict: Verdict, names: tuple[str, str, str], title: str) -> Figure:
    """Plot six panels. ``names``: of control, size and order parameter."""
    figure = Figure(figsize=(13.5, 8), layout="constrained")
    axes = figure.subplots(2, 3).flat
    for axis, plot in zip(axes, verdict_panels(verdict, names).values(), strict=True):
        plot(axis)
    figure.suptitle(
        f"verdict: {verdict.word}\n{title}; N: number of weights (or the size, where all have the "
        "same number); errors: one standard error over replicas",
        fontsize=10,
    )  # fmt: skip
    return figure


def _order(axis: Axes, verdict: Verdict, names: tuple[str, str, str]) -> None:
    curves = verdict.measured.curves
    for index, item in enumerate(curves):
        mean, error = mean_and_error(item.curve.values)
        colour = shade(index, len(curves))
        axis.plot(item.curve.control, mean, color=colour, marker=marker(index), markersize=3,
                  linewidth=0.9, label=f"{item.size:g}")  # fmt: skip
        axis.fill_between(item.curve.control, mean - error, mean + error, color=colour, alpha=0.25,
                          linewidth=0)  # fmt: skip
    axis.set(ylabel=names[2], title="order parameter")
    control_axis(axis, names[0])
    axis.legend(title=names[1], fontsize=8, title_fontsize=8)


def _half_points(axis: Axes, verdict: Verdict, control: str) -> None:
    """Half points over 1/N, and their limit."""
    measured = verdict.measured
    counts = np.array([item.num_weights for item in measured.curves])
    _points(axis, 1 / counts, [one.control for one in measured.half_points], "half point")
    _points(axis, 1 / counts, [one.control for one in measured.peaks], "susceptibility peak", 1)
    if verdict.limit:
        value, error = verdict.limit
        axis.axhspan(value - error, value + error, color="grey", alpha=0.3, linewidth=0,
                     label=f"limit of the half point {cell(value, error)}")  # fmt: skip
    places = [one.control[0] for one in measured.half_points if one.control]
    drifts_far = bool(places) and max(places) > LINEAR * min(places)
    axis.set(xlabel="1 / N", ylabel=control, title="pseudo-critical points")
    _logarithmic(axis, "xy" if drifts_far else "x")
    _legend(axis)


def _widths(axis: Axes, verdict: Verdict) -> None:
    """Widths over N with their fitted powers."""
    measured = verdict.measured
    for index, (name, located, label) in enumerate(
        ((FALL, measured.widths, "a quarter of the fall"),
         (PEAK, measured.peak_widths, "half of the variance"))
    ):  # fmt: skip
        _power(axis, verdict, located, name, label, index, -1)
    axis.set(xlabel="N", ylabel="width in ln(control)", title="sharpening")
    _logarithmic(axis, "xy")
    _legend(axis)


def _susceptibility(axis: Axes, verdict: Verdict) -> None:
    """Peaks of the susceptibility over N, with the growth of first-order transitions."""
    peaks = verdict.measured.peaks
    _power(axis, verdict, peaks, GROWTH, "peak", 0, 1)
    known = [(one.sizes[0], one.value[0]) for one in peaks if one.value]
    if known:
        counts, heights = np.array(known).T
        axis.plot(counts, heights[0] * counts / counts[0], color="grey", linestyle=":",
                  label="proportional to N (first-order)")  # fmt: skip
    axis.set(xlabel="N", ylabel="N Var(order parameter)", title="susceptibility")
    _logarithmic(axis, "xy")
    _legend(axis)


def _legend(axis: Axes) -> None:
    """Draw a legend, unless nothing of the plot is determined."""
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=8)


def _logarithmic(axis: Axes, which: str) -> None:
    """Make axes logarithmic, with ticks at 1, 2 and 5 that stay legible over short ranges."""
    for letter in which:
        axis.set(**{f"{letter}scale": "log"})
        ticks = getattr(axis, f"{letter}axis")
        ticks.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ticks.set_major_formatter(FuncFormatter(lambda at, _: f"{at:g}"))
        ticks.set_minor_formatter(NullFormatter())


def _power(
    axis: Axes, verdict: Verdict, located: list[Located], name: str, label: str, index: int,
    sign: int,
) -> None:  # fmt: skip
    """Plot values over N, and the power of N that the evidence of this name holds."""
    known = [one for one in located if one.value]
    if not known:
        return
    (found,) = [one for one in verdict.evidence if one.name == name]
    text = f"{label}: exponent {'-' if sign < 0 else ''}{cell(found.value, found.error)}"
    counts = np.array([one.sizes[0] for one in known])
    _points(axis, counts, [one.value for one in known], text, index)
    if found.value is not None:
        values = np.array([one.value for one in known])
        weights = (values[:, 0] / np.maximum(values[:, 1], 1e-12)) ** 2
        offset = np.average(np.log(values[:, 0]) - sign * found.value * np.log(counts),
                            weights=weights)  # fmt: skip
        axis.plot(counts, np.exp(offset) * counts ** (sign * found.value),
                  color=shade(index, 2), linewidth=1, linestyle=("-", "--")[index])  # fmt: skip


def _points(
    axis: Axes, x: NDArray, values: list[tuple[float, float] | None], label: str, index: int = 0
) -> None:
    known = [(at, *value) for at, value in zip(x, values, strict=True) if value]
    if known:
        at, value, error = np.array(known).T
        style = line_style(index, 2) | {"linestyle": "none"}
        axis.errorbar(at, value, error, label=label, **style)


def _distributions(axis: Axes, verdict: Verdict, order_parameter: str) -> None:
    """Histograms over replicas where the variance is largest, one row per size, and v."""
    measured = verdict.measured
    values = [one.values for one in measured.modes]
    edges = np.linspace(min(map(np.min, values)), max(map(np.max, values)) + 1e-9, BINS + 1)
    for row, (item, one) in enumerate(zip(measured.curves, measured.modes, strict=True)):
        counts = np.histogram(one.values, edges)[0] / len(one.values)
        colour = shade(row, len(values))
        axis.stairs(row + 0.68 * counts / max(counts.max(), 1e-9), edges, baseline=row, fill=True,
                    color=colour, alpha=0.6)  # fmt: skip
        axis.plot(one.values, np.full(len(one.values), row - 0.05), "|", color=colour, markersize=5)
        within = cell(*one.within.value) if one.within.value else "not determined"
        axis.annotate(
            f"N = {item.num_weights:g}, within two groups {within}", (0.5, row + 0.95),
            xycoords=("axes fraction", "data"), fontsize=8, ha="center", va="top",
        )  # fmt: skip
    axis.set(xlabel=order_parameter, ylabel="fraction of replicas (one row per size)", yticks=[],
             title="replicas at the largest variance",
             ylim=(-0.15, len(values)))  # fmt: skip


def _binder(axis: Axes, verdict: Verdict, control: str) -> None:
    measured = verdict.measured
    for index, one in enumerate(measured.binder):
        colour = shade(index, len(measured.binder))
        axis.plot(one.control, one.values, color=colour, marker=marker(index), markersize=3,
                  linewidth=0.9)  # fmt: skip
        axis.fill_between(one.control, one.values - one.error, one.values + one.error, color=colour,
                          alpha=0.2, linewidth=0)  # fmt: skip
    for crossing in measured.crossings:
        if crossing.control:
            centre, error = crossing.control
            axis.axvspan(centre - error, centre + error, color="grey", alpha=0.3, linewidth=0)
    axis.set(ylabel="Binder cumulant", title="Binder cumulants; bands: crossings", ylim=(-1, 0.75))
    control_axis(axis, control)
