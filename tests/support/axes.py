"""Properties of axes that every figure should have."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure


def drawn(figure: Figure) -> Figure:
    """Lay out and render a figure, so that what is wrong in it raises."""
    figure.draw_without_rendering()
    return figure


def is_dense_left(axis: Axes) -> bool:
    """True for a logarithmic x axis on which the density falls from left to right."""
    left, right = axis.get_xlim()
    return axis.get_xscale() == "log" and left > right


def legend_texts(axis: Axes | Figure) -> list[str]:
    legends = [axis.get_legend()] if isinstance(axis, Axes) else axis.legends
    return [text.get_text() for legend in legends if legend for text in legend.get_texts()]


def labels_of(axis: Axes) -> tuple[str, str]:
    return axis.get_xlabel(), axis.get_ylabel()
