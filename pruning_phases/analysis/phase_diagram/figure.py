"""Figures of the phases: the map, alpha as a heat map, the loss over the training-set size."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.analysis.common.losses import Losses
from pruning_phases.analysis.common.results import Panels
from pruning_phases.analysis.common.styles import marker, shade
from pruning_phases.analysis.phase_diagram.fit import PHASES, UNDECIDED
from pruning_phases.observables.registry import observable
from pruning_phases.statistics.estimates import mean_and_error

# From light to dark and hatched, so that they differ in grey too.
COLOURS = {
    "eumentia": ("#bfe3b4", ""), "dementia": ("#e9a15b", "//"),
    "amentia": ("#6a6a9e", ".."), UNDECIDED: ("#ffffff", "xx"),
}  # fmt: skip

P_EVAL = r"dropout at evaluation $p_{eval}$"

P_TRAIN = r"dropout in training $p_{train}$"


def map_panels(entry: dict[str, Any], losses: Losses, control: str, head: str) -> Panels:
    """Return phases, exponents and losses of one system. ``head``: begin of the panels' names."""
    given: dict[str, Any] = {"entry": entry, "losses": losses, "control": control}
    return {
        f"{head}phases": partial(_map, plot=_phases, **given),
        f"{head}alpha": partial(_map, plot=_alphas, **given),
        f"{head}loss": partial(_scaling, **given),
    }


def map_figure(entry: dict[str, Any], losses: Losses, control: str, title: str) -> Figure:
    """Plot phases, exponents and losses of one system; ``entry`` comes from ``map_of``."""
    figure = Figure(figsize=(15, 4.6), layout="constrained")
    axes = figure.subplots(1, 3)
    for axis, plot in zip(axes, map_panels(entry, losses, control, "").values(), strict=True):
        plot(axis)
    figure.suptitle(title, fontsize=11)
    return figure


def _map(
    axis: Axes, plot: Callable[..., None], entry: dict[str, Any], losses: Losses, control: str
) -> None:
    """Plot a map with the measured points and the boundaries."""
    shape = len(losses.p_train), len(losses.control)
    across = _plotted(losses.control, control)
    edges = _edges(across, control == "density"), _edges(losses.p_train)
    plot(axis, entry, shape, edges)
    axis.plot(*np.meshgrid(across, losses.p_train), ".", color="black", markersize=3,
              markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
    _boundaries(axis, entry["boundaries"], control)
    _name_control(axis, control)
    axis.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]], ylabel=P_TRAIN)


def _plotted(values: Any, control: str) -> Any:
    """The control as it is plotted: a density in place of the sparsity."""
    return values if control == "p_eval" else 1 - values


def _name_control(axis: Axes, control: str) -> None:
    """Label the x axis, and scale it if it is a density."""
    if control == "density":
        control_axis(axis)
    else:
        axis.set_xlabel(P_EVAL)


def _phases(axis: Axes, entry: dict[str, Any], shape: tuple[int, int], edges: Any) -> None:
    across, up = edges
    names = np.array([point["phase"] for point in entry["points"]]).reshape(shape)
    for row, column in np.ndindex(*shape):
        colour, hatch = COLOURS[str(names[row, column])]
        axis.add_patch(
            Rectangle(
                (across[column], up[row]), across[column + 1] - across[column],
                up[row + 1] - up[row], facecolor=colour, hatch=hatch, edgecolor="grey",
                linewidth=0.3,
            )
        )  # fmt: skip
    handles = [
        Patch(facecolor=COLOURS[name][0], hatch=COLOURS[name][1], edgecolor="grey", label=name)
        for name in (*PHASES, UNDECIDED)
        if name in names
    ]
    axis.legend(
        handles=handles, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=4
    )
    axis.set_title("phases at the measured points; bars: boundaries", fontsize=10)


def _alphas(axis: Axes, entry: dict[str, Any], shape: tuple[int, int], edges: Any) -> None:
    alpha = np.array([point["alpha"]["value"] for point in entry["points"]]).reshape(shape)
    limit = max(float(np.abs(alpha).max()), 1e-3)
    mesh = axis.pcolormesh(*edges, alpha, cmap="cividis", vmin=min(0.0, alpha.min()), vmax=limit)
    assert axis.figure is not None
    axis.figure.colorbar(mesh, ax=axis, label=r"$\alpha = -d\,\ln L/d\,\ln N$")
    axis.set_title(r"exponent $\alpha$ of the loss", fontsize=10)


def _boundaries(axis: Axes, boundaries: list[dict[str, Any]], control: str) -> None:
    for item in boundaries:
        if not item["value"]:
            continue
        value, error = item["value"]["value"], item["value"]["error"]
        if "p_train" in item:
            axis.errorbar(_plotted(value, control), item["p_train"], xerr=error, fmt="o",
                          color="black", markersize=4, markerfacecolor="white", capsize=3,
                          zorder=5)  # fmt: skip
        else:
            axis.axhline(value, color="black", linestyle="--", linewidth=1.2)
            axis.axhspan(value - error, value + error, facecolor="none", edgecolor="black",
                         linewidth=0.4, linestyle=":")  # fmt: skip


def _scaling(axis: Axes, entry: dict[str, Any], losses: Losses, control: str) -> None:
    """Plot L over N at the most certain point of each phase, on log-log axes."""
    for number, name in enumerate((*PHASES, UNDECIDED)):
        points = [
            (point["confidence"], index)
            for index, point in enumerate(entry["points"])
            if point["phase"] == name
        ]
        if not points:
            continue
        index = max(points)[1]
        row, column = divmod(index, len(losses.control))
        mean, error = mean_and_error(losses.values[row, column], axis=1)
        point = entry["points"][index]
        label = f"{name}: {point['p_train']:.3g}, {point[control]:.3g}"
        axis.errorbar(losses.sizes, mean, error, fmt=marker(number) + "-", capsize=2, label=label,
                      color=shade(number, 5), linewidth=1, markersize=4)  # fmt: skip
    axis.axhline(np.log(losses.num_classes), color="grey", linestyle=":", linewidth=1)
    axis.annotate(f"ln {losses.num_classes}", (0.01, np.log(losses.num_classes)), fontsize=8,
                  xycoords=("axes fraction", "data"), va="bottom", color="dimgrey")  # fmt: skip
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks(losses.sizes, [f"{size:g}" for size in losses.sizes], rotation=45)
    axis.minorticks_off()
    axis.set(xlabel="training examples N", ylabel=observable("loss").axis_label)
    axis.set_title("most certain point of each phase; bars: standard errors", fontsize=10)
    axis.legend(
        fontsize=8, title=f"phase: p_train, {control}", title_fontsize=8, loc="upper center",
        bbox_to_anchor=(0.5, -0.24), ncols=2,
    )  # fmt: skip
    axis.grid(alpha=0.3, which="both")


def boundaries_figure(boundaries: list[dict[str, Any]], control: str) -> Figure:
    """Plot the ends of eumentia at each p_train, and the begin of amentia, one row per system.

    An arrow stands for a boundary beyond the measured range.
    """
    systems = sorted({item["system"] for item in boundaries}, key=lambda name: (len(name), name))
    figure = Figure(figsize=(11, 1.8 + 0.38 * len(systems)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    rates = sorted({item["p_train"] for item in boundaries if "p_train" in item})
    for number, rate in enumerate(rates):
        rows = [item for item in boundaries if item.get("p_train") == rate]
        shift = 0.5 * (number - (len(rates) - 1) / 2) / max(len(rates), 1)
        _row(left, rows, systems, shift, f"$p_{{train}}$ {rate:g}", number, control)
    _row(right, [item for item in boundaries if "p_train" not in item], systems, 0.0, "", 0)
    left.set(yticks=range(len(systems)), ylim=(-0.6, len(systems) - 0.4), title="end of eumentia")
    left.set_yticklabels(systems)
    right.set(xlabel=P_TRAIN, title="begin of amentia")
    _name_control(left, control)
    for axis in (left, right):
        axis.grid(alpha=0.3)
        if axis is right or control == "p_eval":
            axis.set_xlim(-0.03, 1.03)
    if rates:
        figure.legend(loc="outside lower center", fontsize=8, ncols=4)
    return figure


def _row(
    axis: Axes, rows: list[dict[str, Any]], systems: list[str], shift: float, label: str,
    style: int, control: str = "p_eval",
) -> None:  # fmt: skip
    """Plot boundaries of one kind, each in the row of its system, moved up by ``shift``."""
    colour = shade(style + 1, 6)
    known = [item for item in rows if item["value"]]
    axis.errorbar(
        [_plotted(item["value"]["value"], control) for item in known],
        [systems.index(item["system"]) + shift for item in known],
        xerr=[item["value"]["error"] for item in known], fmt=marker(style), color=colour,
        capsize=2, markersize=5, linewidth=1, label=label or None,
    )  # fmt: skip
    for item in rows:
        if not item["value"]:
            is_beyond = "above" in (item.get("reason") or "")
            axis.plot(float(is_beyond), systems.index(item["system"]) + shift,
                      marker=">" if is_beyond else "<", color=colour, markerfacecolor="none",
                      clip_on=False, transform=axis.get_yaxis_transform())  # fmt: skip


def _edges(centres: np.ndarray, logarithmic: bool = False) -> np.ndarray:
    """Edges of the cells around points that need not be evenly spaced."""
    if logarithmic:
        middles = np.sqrt(centres[:-1] * centres[1:])
        ends = centres[0] ** 2 / middles[0], centres[-1] ** 2 / middles[-1]
        return np.concatenate([ends[:1], middles, ends[1:]])
    if len(centres) == 1:
        return np.array([centres[0] - 0.05, centres[0] + 0.05])
    middles = (centres[:-1] + centres[1:]) / 2
    ends = 2 * centres[0] - middles[0], 2 * centres[-1] - middles[-1]
    return np.clip(np.concatenate([ends[:1], middles, ends[1:]]), -0.05, 1.0)
