"""Styles of the systems' curves, distinguishable in colour, in grey, on a light and a dark page."""

from typing import Any

import matplotlib
from matplotlib.colors import to_hex

from pruning_phases.analysis.common.styles import MARKERS

# The names that plotly has for the markers and lines of the other figures.
SYMBOLS = {
    "o": "circle", "s": "square", "D": "diamond", "^": "triangle-up", "v": "triangle-down",
    "P": "cross", "*": "star", "X": "x", "<": "triangle-left", ">": "triangle-right",
}  # fmt: skip
DASHES = ("solid", "dash", "dashdot", "dot")

# Parts of the colour map that stand out from a white and from a black page.
ON_LIGHT, ON_DARK = (0.72, 0.0), (1.0, 0.38)


def curve_style(index: int, count: int) -> dict[str, Any]:
    """Colours, symbol and dash of curve ``index`` of ``count``."""
    at = index / max(count - 1, 1)
    return {
        "light": _colour(at, ON_LIGHT), "dark": _colour(at, ON_DARK),
        "symbol": SYMBOLS[MARKERS[index % len(MARKERS)]], "dash": DASHES[index % len(DASHES)],
    }  # fmt: skip


def _colour(at: float, ends: tuple[float, float]) -> str:
    first, last = ends
    return to_hex(matplotlib.colormaps["viridis"](first + at * (last - first)))
