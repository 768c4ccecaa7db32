"""The density axis, which runs the same way in every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DENSITY_LABEL = "density: fraction of the prunable weights that remains"


def density_axis(axis: Axes, label: str = DENSITY_LABEL) -> None:
    """Make the x axis logarithmic, the dense network on the left."""
    axis.set_xscale("log")
    axis.set_xlabel(label)
    if not axis.xaxis_inverted():
        axis.invert_xaxis()
