"""Lines that many curves of one panel are told apart by, in colour and on grey paper."""

from __future__ import annotations

from typing import Any

MARKERS = "osD^vP*X<>"


def marker(index: int) -> str:
    return MARKERS[index % len(MARKERS)]


def shade(index: int, count: int) -> tuple[float, float, float, float]:
    """From light to dark, so that grey paper keeps the order."""
    import matplotlib

    return matplotlib.colormaps["viridis_r"](0.15 + 0.85 * index / max(count - 1, 1))


def line_style(index: int, count: int) -> dict[str, Any]:
    """What the curve with this number is drawn with, error bars included."""
    return {
        "color": shade(index, count), "marker": marker(index),
        "linestyle": ("-", "--", "-.", ":")[index % 4], "markersize": 4, "linewidth": 1.1,
        "capsize": 2,
    }  # fmt: skip
