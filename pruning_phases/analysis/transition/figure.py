"""Figure of a pruning transition: accuracy and entropies over a control, with error bands.

After arXiv 2602.15224, Fig. 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis.common.axes import control_axis, plot_band
from pruning_phases.analysis.common.styles import marker, shade
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.observables.registry import observable
from pruning_phases.records.names import commit_of, names_of
from pruning_phases.statistics.curves import (
    column_of,
    from_column,
    level_of_guessing,
    over_control,
)
from pruning_phases.statistics.estimates import mean_and_error

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PANELS = ("accuracy", "prediction_entropy", "outcome_entropy")


def transition_figure(
    observables: pd.DataFrame, info: dict[str, Any], control: str = "density"
) -> Figure:
    """Plot the transition of one run, a panel for each observable of PANELS."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 7.2), layout="constrained")
    axes = figure.subplots(len(PANELS), 1, sharex=True)
    systems = {info.get("id", "?"): (observables, info["data"]["num_classes"])}
    for axis, name in zip(axes, PANELS, strict=True):
        plot_transition(axis, systems, name, control)
        axis.label_outer()
    axes[0].set_title(_title(observables[observables["num_kept"] > 0], info), fontsize=10)
    return figure


def plot_transition(
    axis: Axes, systems: Mapping[str, tuple[pd.DataFrame, int]], name: str, control: str = "density"
) -> Axes:
    """Plot means over replicas of one observable of each system, with standard errors as bands.

    systems: name -> observables, number of classes. Several systems have a legend.
    """
    shown = observable(name)
    for number, (label, (observables, num_classes)) in enumerate(systems.items()):
        at, (values,) = over_control(observables, [column_of(name)], control)
        mean, error = mean_and_error(from_column(values, name, num_classes)[0])
        style: dict[str, Any] = {"markersize": 3, "linewidth": 1, "label": label}
        if len(systems) > 1:
            style |= {"color": shade(number, len(systems)), "marker": marker(number)}
        plot_band(axis, at, mean, error, shown, **style)
    for num_classes in sorted({num_classes for _, num_classes in systems.values()}):
        _reference_line(axis, name, num_classes)
    control_axis(axis, CONTROLS[control].label)
    axis.set_ylabel(shown.axis_label)
    axis.grid(alpha=0.3)
    if len(systems) > 1:
        axis.legend(fontsize=8)
    return axis


def _reference_line(axis: Axes, name: str, num_classes: int) -> None:
    """Mark the value of a network that guesses, or of uniform outputs."""
    level = level_of_guessing(name, num_classes)
    if level is None:
        return
    value, text = level
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
