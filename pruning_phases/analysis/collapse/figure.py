"""Figures of a collapse: measured and collapsed curves, residuals, crossings and peaks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pruning_phases.analysis.collapse.fit import Collapse
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import fitted_values
from pruning_phases.analysis.collapse.subsets import Fit
from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.analysis.common.styles import marker, shade
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.statistics.quote import cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pruning_phases.analysis.common.results import Panels
    from pruning_phases.statistics.crossings import Located, SampledCurve


TITLES = {"power_law": "power law", "bkt": "BKT"}

SCALED = {
    "power_law": (r"$(p - p_c)\,L^{1/\nu}$", r"$y\,L^{\beta/\nu}$"),
    "bkt": (r"$(p - p_c)\,(\ln L/L_0)^{1/\sigma}$", r"$y\,L^{-\Delta}$"),
}

SYMBOLS = {
    "critical_point": "$p_c$", "nu": r"$\nu$", "beta": r"$\beta$",
    "sigma": r"$\sigma$", "L0": "$L_0$", "Delta": r"$\Delta$",
}  # fmt: skip


def collapse_panels(
    collapses: dict[str, Collapse],
    located: dict[str, tuple[list[SampledCurve], list[Located]]],
    names: tuple[str, str, str],
) -> Panels:
    """Return collapsed curves and residuals of each ansatz, the measured curves, and crossings.

    ``names``: of control, size and value.
    """
    panels = {}
    for name, collapse in collapses.items():
        panels[name] = partial(_after, collapse=collapse)
        panels[f"{name} residuals"] = partial(_residuals, collapse=collapse, control=names[0])
    points = next(iter(collapses.values())).points
    panels["measured"] = partial(_before, points=points, names=names)
    for quantity, (curves, marks) in located.items():
        panels[f"crossings of {quantity}"] = partial(
            _crossings, curves=curves, located=marks, quantity=quantity, names=names[:2]
        )
    return panels


def collapse_figure(collapses: list[Collapse], names: tuple[str, str, str], title: str) -> Figure:
    """Plot measured and collapsed curves and residuals, one row per ansatz.

    ``names``: of control, size and value.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.9 * len(collapses) + 0.4), layout="constrained")
    rows = figure.subplots(len(collapses), 3, squeeze=False)
    for axes, collapse in zip(rows, collapses, strict=True):
        _before(axes[0], collapse.points, names)
        _after(axes[1], collapse)
        _residuals(axes[2], collapse, names[0])
    figure.suptitle(title, fontsize=10)
    return figure


def _before(axis: Axes, points: Points, names: tuple[str, str, str]) -> None:
    control, size, value = names
    for index, one in enumerate(points.sizes):
        part = points.where(points.size == one)
        order = np.argsort(part.control)
        axis.errorbar(
            part.control[order], part.value[order], part.error[order], marker=marker(index),
            color=shade(index, len(points.sizes)), markersize=3.5, linewidth=0.8, capsize=1.5,
            label=f"{one:g}",
        )  # fmt: skip
    axis.set(ylabel=value, title="measured")
    _control_axis(axis, control, points.control)
    axis.legend(title=size, fontsize=8, title_fontsize=8)
    axis.grid(alpha=0.3)


def _spread_both_ways(axis: Axes, x: np.ndarray) -> None:
    """Make the x axis linear near 0 and logarithmic far from it, with ticks at powers of ten."""
    from matplotlib.ticker import NullLocator

    width = float(np.median(np.abs(x)))
    powers = 10.0 ** np.arange(np.ceil(np.log10(width)), np.log10(np.abs(x).max()) + 1)
    ticks = np.concatenate([-powers[::-1], [0.0], powers])
    axis.set_xscale("asinh", linear_width=width)
    axis.set_xticks(ticks[(ticks >= x.min()) & (ticks <= x.max()) | (ticks == 0)])
    axis.xaxis.set_minor_locator(NullLocator())


def _control_axis(axis: Axes, name: str, control: np.ndarray) -> None:
    """Label and scale the axis of the control parameter, as in every other figure."""
    if name in CONTROLS:
        control_axis(axis, CONTROLS[name].label)
        return
    axis.set_xlabel(name)
    if control.min() > 0 and control.max() > 30 * control.min():
        axis.set_xscale("log")


def _scaled(fit: Fit, points: Points) -> tuple[np.ndarray, np.ndarray]:
    ansatz = fit.ansatz
    x, factor = ansatz.axes(fit.optimum.theta[None], points.control, points.size)
    return x[0], factor[0]


def _after(axis: Axes, collapse: Collapse) -> None:
    """Plot all points with the parameters of the widest acceptable fit; those it lacks are pale."""
    points, fit = collapse.points, collapse.widest
    x, factor = _scaled(fit, points)
    inside = np.isin(np.arange(len(points)), fit.chosen)
    for index, one in enumerate(points.sizes):
        for region, alpha in ((inside, 1.0), (~inside, 0.3)):
            part = region & (points.size == one)
            axis.errorbar(
                x[part], (points.value / factor)[part], (points.error / factor)[part],
                fmt=marker(index), color=shade(index, len(points.sizes)), alpha=alpha,
                markersize=3.5, elinewidth=0.8,
            )  # fmt: skip
    if fit.correction is None:
        order = np.argsort(x[fit.chosen])
        curve = _curve(fit) / factor[fit.chosen]
        axis.plot(x[fit.chosen][order], curve[order], color="black", linewidth=0.7)
    across, up = SCALED[collapse.ansatz.name]
    lines = [
        f"{SYMBOLS[name]} = {cell(item.value, item.error)}{' (fixed)' if item.fixed else ''}"
        for name, item in collapse.estimates.items()
    ]
    axis.set(xlabel=across, ylabel=up, title=f"{TITLES[collapse.ansatz.name]}: {_part(collapse)}")
    axis.legend([], [], title="\n".join(lines), title_fontsize=8, alignment="left")
    _spread_both_ways(axis, x)
    axis.grid(alpha=0.3)


def _part(collapse: Collapse) -> str:
    """The points and the correction of the widest acceptable fit, for a title."""
    fit = collapse.widest
    parts = [f"{len(fit.points)} of {len(collapse.points)} points"]
    if fit.window < 1:
        parts.append(rf"$|x| \leq$ {fit.reach:.2g}")
    if fit.dropped:
        parts.append(rf"size $\geq$ {fit.points.size.min():g}")
    if fit.correction is not None:
        parts.append(f"correction $L^{{-{fit.correction:g}}}$")
    return "collapsed" if len(parts) == 1 and fit.window == 1 else ", ".join(parts)


def _curve(fit: Fit) -> np.ndarray:
    """The fit's values at its points."""
    return fitted_values(fit.ansatz, fit.optimum.function, fit.points, fit.optimum.theta)


def _residuals(axis: Axes, collapse: Collapse, control: str) -> None:
    fit = collapse.widest
    points = fit.points
    off = (points.value - _curve(fit)) / points.error
    for one in points.sizes:
        part, index = points.size == one, int(np.searchsorted(collapse.points.sizes, one))
        axis.plot(
            points.control[part], off[part], marker(index), markersize=3.5,
            color=shade(index, len(collapse.points.sizes)),
        )  # fmt: skip
    axis.axhspan(-1, 1, color="grey", alpha=0.2, linewidth=0)
    critical = collapse.estimates["critical_point"].value
    if critical is not None:
        axis.axvline(critical, color="black", linewidth=0.8, linestyle="--", label="$p_c$")
        axis.legend(fontsize=8)
    _control_axis(axis, control, points.control)
    axis.set(
        ylabel="(measured - f) / error",
        title=rf"residuals: $\chi^2$/dof = {fit.chi2_per_dof:.2f}",
    )  # fmt: skip
    axis.grid(alpha=0.3)


def crossings_figure(
    panels: dict[str, tuple[list[SampledCurve], list[Located]]], names: tuple[str, str], title: str
) -> Figure:
    """Plot the curves of each quantity with error bands, and their crossings or peaks."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * len(panels), 4.2), layout="constrained")
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (quantity, (curves, located)) in zip(row, panels.items(), strict=True):
        _crossings(axis, curves, located, quantity, names)
    figure.suptitle(title, fontsize=10)
    return figure


def _crossings(
    axis: Axes,
    curves: list[SampledCurve],
    located: list[Located],
    quantity: str,
    names: tuple[str, str],
) -> None:
    """Plot the curves of one quantity with error bands, and their crossings or peaks."""
    control, size = names
    for index, curve in enumerate(curves):
        colour = shade(index, len(curves))
        order = np.argsort(curve.control)
        x, y, error = (part[order] for part in (curve.control, curve.values, curve.error))
        axis.plot(
            x, y, marker=marker(index), markersize=3, linewidth=0.8, color=colour,
            label=f"{curve.size:g}",
        )  # fmt: skip
        axis.fill_between(x, y - error, y + error, color=colour, alpha=0.2, linewidth=0)
    for one in located:
        if one.control:
            centre, width = one.control
            axis.axvspan(centre - width, centre + width, color="grey", alpha=0.25, linewidth=0)
    _control_axis(axis, control, np.concatenate([curve.control for curve in curves]))
    axis.set_ylabel(quantity)
    axis.grid(alpha=0.3)
    axis.legend(title=size, fontsize=8, title_fontsize=8)
