"""Figure of the examples needed, over the relevant inputs and over all, and of the excess risk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pruning_phases.analysis.common.results import Panels
from pruning_phases.analysis.common.styles import marker
from pruning_phases.analysis.sparse_features.fit import NAMES
from pruning_phases.analysis.sparse_features.read import Curves
from pruning_phases.statistics.quote import with_error

# Colour, marker and line of each kind of inputs, so that they differ in grey too.
STYLES = {
    "all": ("#4d4d4d", "s", "--"), "found": ("#2166ac", "o", "-"),
    "relevant": ("#b2182b", "^", ":"),
}  # fmt: skip
HALF = (25, 75)  # percentiles of the replicas that a band holds


def panels_of(curves: Sequence[Curves], content: dict[str, Any]) -> Panels:
    """Return the excess risk over n, n* over s and over d where it has slopes, and the masks."""
    panels: dict[str, Any] = _of_curves(curves, content) if curves else {}
    if content["masks"]:
        panels["relevant inputs in masks"] = partial(_masks, content=content)
    return panels


def _of_curves(curves: Sequence[Curves], content: dict[str, Any]) -> dict[str, Any]:
    one = curves[0]
    middle = sorted({(c.num_inputs, c.num_relevant) for c in curves if c.exponent == one.exponent})
    at = middle[len(middle) // 2]
    same = [c for c in curves if (c.num_inputs, c.num_relevant) == at and
            c.exponent == one.exponent]  # fmt: skip
    panels: dict[str, Any] = {"excess risk": partial(_risk, curves=same, content=content)}
    for over in NAMES:
        if any(slope["over"] == over for slope in content["slopes"]):
            panels[f"examples needed over {NAMES[over]}"] = partial(
                _needed, over=over, content=content
            )
    return panels


def _risk(axis: Axes, curves: Sequence[Curves], content: dict[str, Any]) -> None:
    """Plot the median excess risk of each kind of inputs, with a band of half the replicas."""
    for one in curves:
        colour, symbol, line = STYLES[one.inputs]
        axis.plot(one.sizes, np.median(one.risk, axis=0), color=colour, marker=symbol, ls=line,
                  ms=4, label=one.inputs)  # fmt: skip
        axis.fill_between(one.sizes, *np.percentile(one.risk, HALF, axis=0), color=colour,
                          alpha=0.2, lw=0)  # fmt: skip
    axis.axhline(content["risk"], color="dimgrey", lw=1, label=f"threshold {content['risk']:g}")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("training examples n")
    axis.set_ylabel("excess risk, median")
    axis.set_title(f"{curves[0].num_inputs} inputs, {curves[0].num_relevant} relevant", fontsize=10)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, title="inputs kept")


def _needed(axis: Axes, over: str, content: dict[str, Any]) -> None:
    """Plot n* with its errors over s or d, each kind of inputs and threshold with its slope."""
    for slope in (one for one in content["slopes"] if one["over"] == over):
        colour, symbol, line = STYLES[slope["inputs"]]
        own = [content["points"][index] for index in slope["points"]]
        x = [one[over] for one in own]
        y, error = ([one[slope["of"]][key] for one in own] for key in ("value", "error"))
        of_support = slope["of"] == "for_support"
        text = with_error(slope["slope"]["value"], slope["slope"]["error"])
        axis.errorbar(
            x, y, error, color=colour, marker=symbol, ls=line, ms=5, capsize=2,
            mfc="none" if of_support else colour,
            label=f"{slope['inputs']}, {'support' if of_support else 'risk'}: slope {text}",
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set_yscale("log")
    at = sorted({one[over] for one in content["points"]})
    axis.set_xticks(at, [str(value) for value in at])
    axis.minorticks_off()
    axis.set_xlabel(NAMES[over])
    axis.set_ylabel("training examples needed n*")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)


def _masks(axis: Axes, content: dict[str, Any]) -> None:
    """Plot the AUC of degrees over the density, a line for each pruner and number of examples."""
    lines: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in content["masks"]:
        key = (row["pruner"], row["train_size"], row["num_inputs"], row["num_relevant"], row["run"])
        lines.setdefault(key, []).append(row)
    pruners = list(dict.fromkeys(pruner for pruner, *_ in lines))
    sizes = sorted({size for _, size, *_ in lines}, key=lambda size: size or float("inf"))
    for (pruner, size, *_), found in lines.items():
        rows = sorted(found, key=lambda row: row["density"])
        y, error = ([row["auc"][key] or 0.0 for row in rows] for key in ("value", "error"))
        axis.errorbar(
            [row["density"] for row in rows], y, error, marker=marker(pruners.index(pruner)),
            color=f"C{pruners.index(pruner)}", ls=("-", "--", ":", "-.")[sizes.index(size) % 4],
            ms=4, capsize=2, label=f"{pruner}, n = {size or 'all'}",
        )  # fmt: skip
    axis.axhline(0.5, color="dimgrey", lw=1)
    axis.set_xscale("log")
    axis.set_xlabel("density")
    axis.set_ylabel("probability that a relevant input\nhas more edges than another")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=6, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.13))
