"""The density axis, which runs the same way in every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHORT = 30  # ratio of the ends of an axis below which 2 and 5 have ticks as well
DENSITY_LABEL = "density: fraction of the prunable weights that remains"


def density_axis(axis: Axes, label: str = DENSITY_LABEL) -> None:
    """Make the x axis logarithmic, the dense network on the left."""
    axis.set_xscale("log")
    axis.set_xlabel(label)
    low, high = sorted(axis.get_xlim())
    if high < SHORT * low:  # too few powers of ten to tell the values by
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda density, _: f"{density:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    if not axis.xaxis_inverted():
        axis.invert_xaxis()
