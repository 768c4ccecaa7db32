"""Figures of critical laws: the fits of one run, and a comparison of many runs."""

from __future__ import annotations

from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.analysis.common.styles import line_style
from pruning_phases.analysis.exponents.fit import LawFit, critical_law
from pruning_phases.observables.controls import CONTROLS, Control
from pruning_phases.observables.registry import observable
from pruning_phases.statistics.curves import Curve, errors_of_mean
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pruning_phases.analysis.common.results import Panels


def exponents_panels(
    laws: dict[str, dict[str, LawFit]], fits: list[dict[str, Any]], curves: list[Curve],
    control: Control,
) -> Panels:  # fmt: skip
    """Return curve with the law, residuals and window scan of each law, and the curves of all runs.

    ``laws``: name of a run -> its laws by order parameter.
    """
    labels = _labels(fits)
    panels = {}
    for run, own in laws.items():
        for name, law in own.items():
            which = name if len(labels) == 1 else f"{run}: {name}"
            panels[which] = partial(_curve, name=name, law=law, control=control)
            panels[f"{which} residuals"] = partial(_residuals, name=name, law=law, control=control)
            panels[f"{which} windows"] = partial(_windows, law=law, control=control)
    label = observable(fits[0]["order_parameter"]).axis_label
    panels["curves"] = partial(_curves, labels=labels, curves=curves, name=label, control=control)
    return panels


def _labels(fits: list[dict[str, Any]]) -> list[str]:
    """The names of the runs."""
    return list({fit["run"]: fit["name"] for fit in fits}.values())


def exponents_figure(
    laws: dict[str, LawFit], title: str, control: Control = CONTROLS["density"]
) -> Figure:
    """Plot curve with the law, residuals and window scan, one row per order parameter."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 3.8 * max(len(laws), 1) + 0.3), layout="constrained")
    rows = figure.subplots(max(len(laws), 1), 3, squeeze=False, width_ratios=(1.5, 1, 1))
    for axes, (name, law) in zip(rows, laws.items(), strict=False):
        _curve(axes[0], name, law, control)
        _residuals(axes[1], name, law, control)
        _windows(axes[2], law, control)
    figure.suptitle(title, fontsize=10)
    return figure


def _curve(axis: Axes, name: str, law: LawFit, control: Control) -> None:
    symbol, at, values = control.symbol, law.curve.control, law.curve.values
    mean, error = values.mean(axis=0), errors_of_mean(law.curve)
    shown = observable(name)
    axis.errorbar(at, mean, error, fmt=shown.marker, markersize=3, color=shown.colour,
                  linewidth=0.8)  # fmt: skip
    window = law.window
    low, high = at[window.first], at[window.last]
    axis.axvspan(low, high, color="grey", alpha=0.12, linewidth=0, label="window")
    line = window.critical_point + np.geomspace(
        min(low - window.critical_point, low) / 10, high - window.critical_point, 300
    )
    fit = law.amplitude * critical_law(
        line, np.array([window.critical_point]), np.array([window.exponent])
    )
    style = "-" if law.critical_point is not None else ":"
    axis.plot(line, fit[0], style, color="darkorange", linewidth=1.5,
              label=f"$A({symbol}-{symbol}_c)^\\beta$")  # fmt: skip
    control_axis(axis, control.label)
    axis.set(ylabel=shown.axis_label, title=_statement(law, symbol))
    axis.title.set_fontsize(9)
    axis.legend(fontsize=8, loc="upper right", bbox_to_anchor=(1, 0.98))
    axis.margins(y=0.12)
    axis.grid(alpha=0.3)
    inset = axis.inset_axes((0.1, 0.15, 0.42, 0.45))
    above = (at > window.critical_point) & (at <= 3 * high) & (mean > 0)
    distance = at[above] - window.critical_point
    inset.errorbar(distance, mean[above], error[above], fmt=shown.marker, markersize=2,
                   color=shown.colour, linewidth=0.6)  # fmt: skip
    inset.plot(line - window.critical_point, fit[0], color="darkorange", linewidth=1)
    inset.set_xscale("log")
    if above.any():
        inset.set_yscale("log")
    inset.set_xlabel(f"${symbol}-{symbol}_c$", fontsize=8, labelpad=0)
    inset.tick_params(labelsize=6, which="both")


def _statement(law: LawFit, symbol: str) -> str:
    if law.critical_point is None:
        return fill(f"not determined: {law.reason}", 72)
    return (
        rf"${symbol}_c$ = {cell(law.critical_point, law.critical_total)}, "
        rf"$\beta$ = {cell(law.exponent, law.exponent_total)}, "
        rf"$\chi^2$/dof = {law.window.chi2 / law.window.dof:.2f} (total errors)"
    )


def _residuals(axis: Axes, name: str, law: LawFit, control: Control) -> None:
    at, window = law.curve.control, law.window
    mean, error = law.curve.values.mean(axis=0), errors_of_mean(law.curve)
    fit = (
        law.amplitude
        * critical_law(at, np.array([window.critical_point]), np.array([window.exponent]))[0]
    )
    inside = slice(window.first, window.last + 1)
    shown = observable(name)
    axis.plot(at[inside], ((mean - fit) / error)[inside], shown.marker, markersize=3.5,
              color=shown.colour)  # fmt: skip
    axis.axhspan(-1, 1, color="grey", alpha=0.2, linewidth=0)
    control_axis(axis, control.short)
    axis.set(ylabel="(measured - fit) / error", title="residuals in the window")
    axis.title.set_fontsize(9)
    axis.grid(alpha=0.3)


def _windows(axis: Axes, law: LawFit, control: Control) -> None:
    """Plot critical point and exponent of each admissible window, its weight as the dots' size."""
    weights = np.array([fit.weight for fit in law.scan])
    size = 8 + 90 * weights / weights.max()
    critical = [fit.critical_point for fit in law.scan]
    exponent = [fit.exponent for fit in law.scan]
    highs = [law.curve.control[fit.last] for fit in law.scan]
    dots = axis.scatter(critical, exponent, size, c=np.log10(highs), cmap="viridis", alpha=0.75,
                        edgecolors="black", linewidths=0.4)  # fmt: skip
    assert axis.figure is not None
    axis.figure.colorbar(dots, ax=axis, label="log10 of the window's upper end", pad=0.02)
    if law.critical_point is not None and law.exponent is not None:
        axis.errorbar(law.critical_point, law.exponent, law.exponent_error, law.critical_error,
                      fmt="+", color="darkorange", markersize=12, capsize=3)  # fmt: skip
    axis.set(xlabel=f"${control.symbol}_c$", ylabel=r"$\beta$",
             title=f"{len(law.scan)} admissible windows"
             + ("; cross: statistical error" if law.critical_point else ""))  # fmt: skip
    axis.title.set_fontsize(9)
    axis.ticklabel_format(axis="x", style="sci", scilimits=(-2, 2))
    axis.grid(alpha=0.3)


def comparison_figure(
    fits: list[dict[str, Any]], curves: list[Curve], control: Control = CONTROLS["density"]
) -> Figure:
    """Plot the first order parameter of every run, and below it the critical points and exponents.

    Error bars of these are total errors.
    """
    from matplotlib.figure import Figure

    labels = _labels(fits)
    below = 0.55 * len(labels) + 1.0
    figure = Figure(figsize=(11, 5.2 + below), layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=(5.2, below))
    top, bottom = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    _curves(
        top.subplots(), labels, curves, observable(fits[0]["order_parameter"]).axis_label, control
    )
    left, right = bottom.subplots(1, 2, sharey=True)
    names = list(dict.fromkeys(fit["order_parameter"] for fit in fits))
    runs = list(dict.fromkeys(fit["run"] for fit in fits))
    for fit in fits:
        shift = 0.18 * (names.index(fit["order_parameter"]) - (len(names) - 1) / 2)
        row = runs.index(fit["run"]) + shift
        for axis, key in ((left, "critical_point"), (right, "exponent")):
            shown = observable(fit["order_parameter"])
            if fit[key] is None:
                axis.annotate("not determined", (0.01, row), fontsize=6, color=shown.colour,
                              xycoords=("axes fraction", "data"), va="center")  # fmt: skip
                continue
            axis.errorbar(fit[key]["value"], row, xerr=fit[key]["error"], fmt=shown.marker,
                          color=shown.colour, markersize=4, capsize=2)  # fmt: skip
    for name in names:
        shown = observable(name)
        left.plot([], [], shown.marker, color=shown.colour, label=shown.axis_label,
                  markersize=4)  # fmt: skip
    left.set_yticks(range(len(labels)), [fill(label, 32) for label in labels])
    left.set_ylim(len(labels) - 0.4, -0.6)
    if any(fit["critical_point"] for fit in fits):
        control_axis(left)
    left.set_xlabel(f"critical {control.short} ${control.symbol}_c$")
    right.set_xlabel(r"exponent $\beta$")
    bottom.legend(fontsize=8, loc="outside upper center", ncols=len(names))
    for axis in (left, right):
        axis.grid(alpha=0.3)
    return figure


def _curves(
    axis: Axes, labels: list[str], curves: list[Curve], name: str, control: Control
) -> None:
    for number, (label, measured) in enumerate(zip(labels, curves, strict=True)):
        mean, error = mean_and_error(measured.values)
        axis.errorbar(measured.control, mean, error, label=label,
                      **line_style(number, len(labels)))  # fmt: skip
    control_axis(axis, control.label)
    axis.set(ylabel=name, title="error bars: standard errors")
    axis.title.set_fontsize(9)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, ncols=1 + len(labels) // 12)
