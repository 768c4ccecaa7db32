"""Figures of the phases: the map, alpha as a heat map, the loss over the training-set size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pruning_phases.analysis.common.losses import Losses
from pruning_phases.analysis.common.styles import shade
from pruning_phases.analysis.phase_diagram.fit import PHASES, UNDECIDED
from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# From light to dark, so that they differ in grey, and hatched for the same reason.
COLOURS = {
    "eumentia": ("#bfe3b4", ""), "dementia": ("#e9a15b", "//"),
    "amentia": ("#6a6a9e", ".."), UNDECIDED: ("#ffffff", "xx"),
}  # fmt: skip

LABELS = {"p_eval": r"dropout at evaluation $p_{eval}$", "density": "share of the weights cut"}

P_TRAIN = r"dropout in training $p_{train}$"


def map_figure(entry: dict[str, Any], losses: Losses, title: str) -> Figure:
    from matplotlib.figure import Figure

    control = "p_eval" if "p_eval" in entry["points"][0] else "density"
    figure = Figure(figsize=(15, 4.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    shape = len(losses.p_train), len(losses.control)
    edges = _edges(losses.control), _edges(losses.p_train)
    _phases(left, entry, shape, edges)
    _alphas(middle, entry, shape, edges)
    for axis in (left, middle):
        axis.set(xlabel=LABELS[control], ylabel=P_TRAIN)
        across, up = np.meshgrid(losses.control, losses.p_train)
        axis.plot(across, up, ".", color="black", markersize=3, markeredgecolor="white",
                  markeredgewidth=0.4)  # fmt: skip
        _boundaries(axis, entry["boundaries"])
        axis.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    _scaling(right, entry, losses, control)
    figure.suptitle(title, fontsize=11)
    return figure


def _phases(axis: Axes, entry: dict[str, Any], shape: tuple[int, int], edges: Any) -> None:
    from matplotlib.patches import Patch, Rectangle

    across, up = edges
    names = np.array([point["phase"] for point in entry["points"]]).reshape(shape)
    for row in range(shape[0]):
        for column in range(shape[1]):
            colour, hatch = COLOURS[names[row, column]]
            axis.add_patch(
                Rectangle(
                    (across[column], up[row]), across[column + 1] - across[column],
                    up[row + 1] - up[row], facecolor=colour, hatch=hatch, edgecolor="grey",
                    linewidth=0.3,
                )
            )  # fmt: skip
    axis.set_xlim(across[0], across[-1])
    axis.set_ylim(up[0], up[-1])
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


def _boundaries(axis: Axes, boundaries: list[dict[str, Any]]) -> None:
    for item in boundaries:
        if not item["value"]:
            continue
        value, error = item["value"]["value"], item["value"]["error"]
        if "p_train" in item:
            axis.errorbar(value, item["p_train"], xerr=error, fmt="o", color="black", markersize=4,
                          markerfacecolor="white", capsize=3, zorder=5)  # fmt: skip
        else:
            axis.axhline(value, color="black", linestyle="--", linewidth=1.2)
            axis.axhspan(value - error, value + error, facecolor="none", edgecolor="black",
                         linewidth=0.4, linestyle=":")  # fmt: skip


def _scaling(axis: Axes, entry: dict[str, Any], losses: Losses, control: str) -> None:
    """L over N at the most certain point of each phase, on log-log axes."""
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
        axis.errorbar(losses.sizes, mean, error, fmt="os^D"[number] + "-", capsize=2, label=label,
                      color=shade(number, 5), linewidth=1, markersize=4)  # fmt: skip
    axis.axhline(np.log(losses.num_classes), color="grey", linestyle=":", linewidth=1)
    axis.annotate(f"ln {losses.num_classes}", (0.01, np.log(losses.num_classes)), fontsize=8,
                  xycoords=("axes fraction", "data"), va="bottom", color="dimgrey")  # fmt: skip
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks(losses.sizes, [f"{size:g}" for size in losses.sizes], rotation=45)
    axis.minorticks_off()
    axis.set(xlabel="training examples N", ylabel="test loss L (nats)")
    axis.set_title("the surest point of each phase, with errors over replicas", fontsize=10)
    axis.legend(fontsize=8, title=f"at p_train, {control}", title_fontsize=8)
    axis.grid(alpha=0.3, which="both")


def boundaries_figure(boundaries: list[dict[str, Any]], along: str) -> Figure:
    """A row a system: where eumentia ends at each p_train, and where amentia begins. Arrows stand
    where a boundary lies beyond what was measured."""
    from matplotlib.figure import Figure

    systems = sorted({item["system"] for item in boundaries}, key=lambda name: (len(name), name))
    figure = Figure(figsize=(11, 1.8 + 0.38 * len(systems)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    rates = sorted({item["p_train"] for item in boundaries if "p_train" in item})
    for number, rate in enumerate(rates):
        rows = [item for item in boundaries if item.get("p_train") == rate]
        shift = 0.5 * (number - (len(rates) - 1) / 2) / max(len(rates), 1)
        _row_of_places(left, rows, systems, shift, f"$p_{{train}}$ {rate:g}", number)
    rows = [item for item in boundaries if "p_train" not in item]
    _row_of_places(right, rows, systems, 0.0, "", 0)
    left.set(xlabel=f"where eumentia ends: {along}", yticks=range(len(systems)), ylim=(-0.6, None))
    left.set_yticklabels(systems)
    right.set(xlabel=f"where amentia begins: {P_TRAIN}")
    for axis in (left, right):
        axis.set_xlim(-0.03, 1.03)
        axis.grid(alpha=0.3)
    left.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4)
    return figure


def _row_of_places(
    axis: Axes, rows: list[dict[str, Any]], systems: list[str], shift: float, label: str, style: int
) -> None:
    colour = shade(style + 1, 6)
    known = [item for item in rows if item["value"]]
    axis.errorbar(
        [item["value"]["value"] for item in known],
        [systems.index(item["system"]) + shift for item in known],
        xerr=[item["value"]["error"] for item in known], fmt="osD^v"[style % 5], color=colour,
        capsize=2, markersize=5, linewidth=1, label=label,
    )  # fmt: skip
    for item in rows:
        beyond = "above" in (item.get("reason") or "")
        if not item["value"]:
            axis.plot(1.0 if beyond else 0.0, systems.index(item["system"]) + shift,
                      marker=">" if beyond else "<", color=colour, markerfacecolor="none",
                      clip_on=False)  # fmt: skip


def _edges(centres: np.ndarray) -> np.ndarray:
    """Edges of cells around points that need not be evenly spaced."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.05, centres[0] + 0.05])
    middles = (centres[:-1] + centres[1:]) / 2
    ends = 2 * centres[0] - middles[0], 2 * centres[-1] - middles[-1]
    return np.clip(np.concatenate([ends[:1], middles, ends[1:]]), -0.05, 1.0)
