"""Figures of the evolution of the weights, after arXiv 2602.15224, Figs. 2 and 3."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pruning_phases.analysis.common.axes import control_axis, plot_band
from pruning_phases.analysis.evolution.read import Jump
from pruning_phases.observables.evolution import WHOLE
from pruning_phases.observables.registry import observable
from pruning_phases.statistics.curves import curve
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import with_error

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pruning_phases.analysis.common.results import Panels


MOST_DOTS = 4000  # weights of one kind that a panel shows, evenly chosen

LAYER_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)))


def weights_figure(
    jumps: list[Jump], entries: list[dict[str, Any]], replica: int, title: str
) -> Figure:
    """Plot later over earlier weights, one row per jump and one column per layer.

    ``entries``: evolution metrics of the jumps, as in evolution.json.
    """
    from matplotlib.figure import Figure

    layers = list(jumps[0].later.masks)
    figure = Figure(figsize=(3.6 * len(layers), 3.3 * len(jumps) + 0.3), layout="constrained")
    rows = figure.subplots(len(jumps), len(layers), squeeze=False)
    for row, jump, entry in zip(rows, jumps, entries, strict=True):
        for axis, layer, found in zip(row, layers, entry["layers"], strict=False):
            _scatter(axis, jump, layer, replica)
            metric = metric_text(found)
            axis.set_title(f"{layer}: evolution metric {metric}", fontsize=9)
    figure.suptitle(f"{title}; metric: mean over replicas", fontsize=11)
    return figure


def metric_text(found: dict[str, Any]) -> str:
    """The evolution metric of a layer with its error, or "undefined"."""
    known = found["evolution_metric"]
    if known is None:
        return "undefined"
    return with_error(known["value"], np.nan if known["error"] is None else known["error"])


def _scatter(axis: Axes, jump: Jump, layer: str, replica: int) -> None:
    earlier, later = jump.earlier.weights[layer][replica], jump.later.weights[layer][replica]
    surviving = jump.later.masks[layer][replica]
    pruned = jump.earlier.masks[layer][replica] & ~surviving
    for chosen, colour, marker, label in (
        (pruned, "firebrick", "x", "pruned"), (surviving, "royalblue", "o", "surviving"),
    ):  # fmt: skip
        index = np.flatnonzero(chosen)
        count = len(index)
        if count > MOST_DOTS:
            index = index[np.linspace(0, count - 1, MOST_DOTS).astype(int)]
        axis.plot(earlier[index], later[index], marker, color=colour, markersize=2.5, alpha=0.5,
                  linestyle="none", label=f"{count} {label}", rasterized=True)  # fmt: skip
    shown = earlier[surviving | pruned]
    ends = np.array([shown.min(), shown.max()]) if len(shown) else np.array([-1.0, 1.0])
    axis.plot(ends, ends, color="black", linewidth=0.8, linestyle="--", label="unchanged")
    axis.set(
        xlabel=f"weight at density {jump.earlier.density:.3g}",
        ylabel=f"weight at density {jump.later.density:.3g}",
    )
    axis.legend(fontsize=7, loc="upper left")
    axis.grid(alpha=0.3)


def evolution_panels(
    observables: pd.DataFrame, layers: pd.DataFrame, names: list[str], num_classes: int
) -> Panels:
    """Return the metric of each layer, and the order parameters, over density."""
    metric = partial(_metric, layers=layers, observables=observables)
    orders = {
        name: partial(_order, observables=observables, name=name, num_classes=num_classes)
        for name in names
    }
    return {"evolution metric": metric, **orders}


def evolution_figure(
    observables: pd.DataFrame, layers: pd.DataFrame, names: list[str], num_classes: int, title: str
) -> Figure:
    """Plot order parameters over density, and below them the metric of each layer per step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.3 * len(names) + 3.4), layout="constrained")
    ratios = [1.0] * len(names) + [1.5]
    axes = figure.subplots(len(names) + 1, 1, sharex=True, squeeze=False, height_ratios=ratios)
    for axis, name in zip(axes[:, 0], names, strict=False):
        _order(axis, observables, name, num_classes)
        axis.set_xlabel("")
    _metric(axes[-1, 0], layers, observables)
    axes[0, 0].set_title(title, fontsize=10)
    return figure


def _order(axis: Axes, observables: pd.DataFrame, name: str, num_classes: int) -> None:
    measured = curve(observables, name, num_classes)
    mean, error = mean_and_error(measured.values)
    shown = observable(name)
    plot_band(axis, measured.control, mean, error, shown, markersize=2.5, linewidth=0.8)
    axis.set_ylabel(shown.axis_label)
    control_axis(axis)
    axis.grid(alpha=0.3)


def _metric(axis: Axes, layers: pd.DataFrame, observables: pd.DataFrame) -> None:
    density = observables.groupby("step")["density"].first()
    table = layers[layers["step"] > 0]
    for index, (layer, rows) in enumerate(table.groupby("layer", sort=False)):
        wide = rows.pivot_table(index="replica", columns="step", values="evolution_metric")
        mean, error = wide.mean(), wide.sem()
        x = density.loc[wide.columns].to_numpy()
        whole = layer == WHOLE
        name = "whole network" if whole else str(layer)
        colour = "black" if whole else f"C{index}"
        axis.plot(x, mean, linestyle=LAYER_LINES[index % len(LAYER_LINES)], color=colour,
                  linewidth=1.8 if whole else 1.1, label=name)  # fmt: skip
        axis.fill_between(x, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
    shown = observable("evolution_metric")
    axis.set_yscale(shown.scale)
    axis.set_ylabel(f"{shown.axis_label} per step")
    control_axis(axis)
    axis.legend(fontsize=8, ncols=2)
    axis.grid(alpha=0.3)
