"""Figure of a search: accuracy over nonzeros with its front, and the success rates of winners."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pruning_phases.analysis.common.results import Panels
from pruning_phases.analysis.sparsest.read import Networks
from pruning_phases.analysis.sparsest.winners import shown
from pruning_phases.data.cubist_spiral import OFFSETS, arm, standardized
from pruning_phases.pruning.predictor import outputs

# Colour and marker of the searches in turn, so that they differ in grey too.
STYLES = (("#2166ac", "o"), ("#b2182b", "s"), ("#1b7837", "^"), ("#762a83", "D"))
PRUNER_STYLES = (
    ("#2166ac", "o", "-"), ("#b2182b", "s", "--"), ("#1b7837", "^", "-."), ("#762a83", "D", ":"),
    ("#8c510a", "v", "-"), ("#4d4d4d", "P", "--"), ("#e08214", "X", "-."), ("#01665e", "*", ":"),
    ("#c51b7d", "<", "-"), ("#542788", ">", "--"),
)  # fmt: skip
SPIRAL = "cubist_spiral"
HALF_SIDE = 2.25  # of the square of decision regions
POINTS = 600  # of each class that are shown
SPREAD = 0.3  # half width of the points of one number of nonzeros


def sparsest_panels(searches: Sequence[Networks], content: dict[str, Any]) -> Panels:
    """Return accuracy over nonzeros, and success rates if masks were trained again."""
    panels = {}
    if searches:
        panels["accuracy over nonzeros"] = partial(_fronts, searches=searches, content=content)
        for networks in searches:
            if networks.dataset == SPIRAL:
                panels[f"decision regions, {networks.name}"] = partial(
                    _regions, networks=networks, content=content
                )
    if content["pruned"]:
        panels["fewest nonzeros over width"] = partial(_widths, content=content)
        panels["dead weights over width"] = partial(_dead, content=content)
    if content["retrained"]:
        panels["success rate"] = partial(_rates, content=content)
    return panels


def _fronts(axis: Axes, searches: Sequence[Networks], content: dict[str, Any]) -> None:
    """Plot the best try of every mask, and the highest accuracy up to each number of nonzeros."""
    generator = np.random.default_rng(0)
    for number, (networks, entry) in enumerate(zip(searches, content["searches"], strict=True)):
        colour, marker = STYLES[number % len(STYLES)]
        best, _ = networks.best()
        x = networks.nonzeros[best] + generator.uniform(-SPREAD, SPREAD, len(best))
        axis.plot(x, networks.accuracy[best], marker, color=colour, ms=2, alpha=0.25, mew=0,
                  rasterized=True)  # fmt: skip
        counts, accuracy = zip(
            *((one["nonzeros"], one["accuracy"]) for one in entry["front"]), strict=True
        )
        axis.step(counts, accuracy, where="post", color=colour, marker=marker, ms=5,
                  label=f"{networks.name}: highest of {entry['searched']:,} masks")  # fmt: skip
    axis.axhline(content["target"], color="dimgrey", lw=1, ls="--",
                 label=f"target {content['target']:g}")  # fmt: skip
    axis.set_xlabel("nonzeros (weights and biases)")
    axis.set_ylabel("accuracy, best try of each mask")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.13))  # below all points


def _regions(axis: Axes, networks: Networks, content: dict[str, Any]) -> None:
    """Plot where one network predicts which class, 512 x 512 points, and the points of the data.

    The inputs are those of the data set, whose mean and variance are already 0 and 1.
    """
    row = shown(networks, content["target"])
    layers = [
        (networks.parameters[name][row], networks.parameters[name.replace("weight", "bias")][row])
        for name in networks.masks
    ]
    side = np.linspace(-HALF_SIDE, HALF_SIDE, 512)
    x = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    found = outputs(layers, x)
    upper = found[:, 0] > 0 if found.shape[1] == 1 else found.argmax(axis=1) > 0
    extent = (-HALF_SIDE, HALF_SIDE, -HALF_SIDE, HALF_SIDE)
    axis.imshow(upper.reshape(512, 512), origin="lower", extent=extent, cmap="Greys", vmin=-0.3,
                vmax=1.8, interpolation="nearest")  # fmt: skip
    arms = [arm(offset, POINTS) for offset in OFFSETS]
    points = standardized(np.concatenate(arms))
    for number, (colour, part) in enumerate(
        zip(("#b2182b", "#2166ac"), np.split(points, [len(arms[0])]), strict=True)
    ):
        axis.plot(*part.T, ".", color=colour, ms=1.5, label=f"class {number}")
    axis.set_xlabel("x")
    axis.set_ylabel("y")
    axis.set_title(
        f"{networks.name}, mask {networks.mask[row]}: {networks.nonzeros[row]} nonzeros, "
        f"accuracy {networks.accuracy[row]:.3f}", fontsize=9,
    )  # fmt: skip
    axis.legend(fontsize=7, markerscale=4, loc="upper right")


def _widths(axis: Axes, content: dict[str, Any]) -> None:
    """Plot the fewest nonzeros of each pruner over the width it starts from, and the search's."""
    _over_width(axis, content, "fewest_nonzeros")
    searched = [one["fewest_nonzeros"] for one in content["searches"] if one["fewest_nonzeros"]]
    if searched:
        axis.axhline(min(searched), color="black", lw=1.2, label=f"search: {min(searched)}")
    axis.set_yscale("log")
    axis.set_xlabel("mean width of the hidden layers at the start")
    axis.set_ylabel(f"fewest nonzeros with accuracy {content['target']:g}")
    if axis.get_legend_handles_labels()[1]:
        axis.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("{x:g}")


def _dead(axis: Axes, content: dict[str, Any]) -> None:
    """Plot the fraction of weights on no path from input to output, at the fewest nonzeros."""
    _over_width(axis, content, "dead_fraction")
    axis.set_xlabel("mean width of the hidden layers at the start")
    axis.set_ylabel("fraction of weights on no path")


def _over_width(axis: Axes, content: dict[str, Any], name: str) -> None:
    pruners = list(dict.fromkeys(one["pruner"] for one in content["pruned"]))
    for index, pruner in enumerate(pruners):
        colour, marker, line = PRUNER_STYLES[index % len(PRUNER_STYLES)]
        found = [(float(np.mean(one["widths"])), one[name]) for one in content["pruned"]
                 if one["pruner"] == pruner and one[name]]  # fmt: skip
        if found:
            x, values = zip(*found, strict=True)
            y, error = ([value[key] or 0.0 for value in values] for key in ("value", "error"))
            axis.errorbar(x, y, error, color=colour, marker=marker, ls=line, ms=4, capsize=2,
                          label=pruner)  # fmt: skip
    axis.set_xscale("log")
    at = sorted({float(np.mean(one["widths"])) for one in content["pruned"]})
    axis.set_xticks(at, [f"{width:g}" for width in at])
    axis.set_xticks([], minor=True)
    axis.grid(alpha=0.3)


def _rates(axis: Axes, content: dict[str, Any]) -> None:
    """Plot the success rate of each mask with its interval, over its nonzeros."""
    rows = content["retrained"]
    same: dict[int, int] = {}
    for row in rows:
        place = same[row["nonzeros"]] = same.get(row["nonzeros"], -1) + 1
        low, high = row["interval"]
        error = [[row["rate"] - low], [high - row["rate"]]]
        axis.errorbar(row["nonzeros"] + 0.1 * place, row["rate"], error, fmt="o", color="#2166ac",
                      ms=4, capsize=2)  # fmt: skip
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlabel("nonzeros (masks with equal numbers side by side)")
    axis.set_ylabel(f"fraction of trainings that reach {content['target']:g}")
    axis.set_title("winners trained again; bars: Wilson's intervals (68%)", fontsize=10)
    axis.grid(alpha=0.3)
