"""Styles of many curves in one panel, distinguishable in colour and in grey."""

from typing import Any

import matplotlib

MARKERS = "osD^vP*X<>"


def marker(index: int) -> str:
    """The marker of a curve; there are ten."""
    return MARKERS[index % len(MARKERS)]


def shade(index: int, count: int) -> tuple[float, float, float, float]:
    """The colour of curve ``index`` of ``count``, from light to dark."""
    return matplotlib.colormaps["viridis_r"](0.15 + 0.85 * index / max(count - 1, 1))


def line_style(index: int, count: int) -> dict[str, Any]:
    """Arguments of ``Axes.errorbar`` for curve ``index`` of ``count``."""
    return {
        "color": shade(index, count), "marker": marker(index),
        "linestyle": ("-", "--", "-.", ":")[index % 4], "markersize": 4, "linewidth": 1.1,
        "capsize": 2,
    }  # fmt: skip
