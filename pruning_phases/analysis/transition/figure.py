"""Figure of a pruning transition: accuracy and entropies over a control, with error bands.

After arXiv 2602.15224, Fig. 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pruning_phases.analysis.common.axes import control_axis, plot_band
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.observables.registry import observable
from pruning_phases.records.names import commit_of, names_of
from pruning_phases.statistics.curves import over_control
from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PANELS = ("accuracy", "prediction_entropy", "outcome_entropy")


def transition_figure(
    observables: pd.DataFrame, info: dict[str, Any], control: str = "density"
) -> Figure:
    """Plot means over replicas of each observable of PANELS, with standard errors as bands."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 7.2), layout="constrained")
    axes = figure.subplots(len(PANELS), 1, sharex=True)
    table = observables[observables["num_kept"] > 0]
    at, values = over_control(table, list(PANELS), control)
    for axis, name, measured in zip(axes, PANELS, values, strict=True):
        shown = observable(name)
        mean, error = mean_and_error(measured)
        plot_band(axis, at, mean, error, shown, markersize=3, linewidth=1)
        axis.set_ylabel(shown.axis_label)
        axis.grid(alpha=0.3)
    _reference_lines(axes, info["data"]["num_classes"])
    control_axis(axes[-1], CONTROLS[control].label)
    axes[0].set_title(_title(table, info), fontsize=10)
    return figure


def _reference_lines(axes: list[Axes], num_classes: int) -> None:
    for axis, value, text in (
        (axes[0], 1 / num_classes, "chance"),
        (axes[1], np.log(num_classes), f"ln {num_classes}"),
        (axes[2], np.log(num_classes), f"ln {num_classes}"),
    ):
        axis.axhline(value, color="grey", linewidth=0.8, linestyle=":")
        axis.annotate(
            text, (0.01, value), xycoords=("axes fraction", "data"), fontsize=8, color="dimgrey",
            xytext=(0, -4), textcoords="offset points", va="top",
        )  # fmt: skip
        axis.margins(y=0.12)


def _title(table: pd.DataFrame, info: dict[str, Any]) -> str:
    names = names_of(info)
    count = table["replica"].nunique()
    return (
        f"{names[0]} on {names[1]}, {names[2]} pruning; {count} replicas, "
        f"band: standard error\nrun {info.get('id', '?')}, {commit_of(info)}"
    )
