"""Figure of the scaling curves."""

import math

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks.curves import Curve

STYLES = [("-", "o"), ("--", "s"), ("-.", "^"), (":", "D")]
SHADES = ["black", "tab:red", "tab:blue", "grey"]


def figure(curves: list[Curve]) -> Figure:
    """Draw one panel per curve, on logarithmic axes."""
    columns = 3
    drawn, panels = plt.subplots(
        math.ceil(len(curves) / columns), columns, figsize=(12, 7), layout="constrained"
    )
    for panel, curve in zip(panels.flat, curves, strict=False):
        looks = zip(curve.ways.items(), STYLES, SHADES, strict=False)
        for (name, values), (line, marker), colour in looks:
            panel.plot(
                curve.numbers, values, line, marker=marker, color=colour, label=name, markersize=4
            )
        panel.set(xscale="log", yscale="log", title=curve.work, xlabel=curve.axis)
        panel.set_xticks(curve.numbers, [f"{number:g}" for number in curve.numbers], fontsize=8)
        panel.minorticks_off()
        panel.yaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter("{x:g}")
        panel.set_ylabel(f"{'peak memory' if curve.unit == 'MiB' else 'time'} ({curve.unit})")
        panel.title.set_fontsize(10)
        panel.legend(fontsize=8)
        panel.grid(alpha=0.3)
        if curve.axis == "density":
            panel.invert_xaxis()
    for panel in panels.flat[len(curves) :]:
        panel.set_axis_off()
    return drawn
