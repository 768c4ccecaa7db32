"""Figure of the training loss of the families of graphs, after arXiv 2602.15224, Fig. 4."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.analysis.common.results import Panels
from pruning_phases.analysis.rewiring.fit import band
from pruning_phases.analysis.rewiring.read import Trained
from pruning_phases.config.enums import FAMILIES
from pruning_phases.observables.registry import observable
from pruning_phases.statistics.estimates import mean_and_error

MOST_POINTS = 120  # of a curve over updates; more cannot be distinguished

# Colour, line and marker of each family, so that they differ in grey too.
STYLES = {
    "original": ("#1b7837", "-", "o"), "rewired": ("#2166ac", "--", "s"),
    "random": ("#b2182b", ":", "^"), "in_degrees": ("#762a83", "-.", "D"),
    "out_degrees": ("#8c510a", (0, (5, 1, 1, 1, 1, 1)), "v"),
    "active_nodes": ("#4d4d4d", (0, (1, 1)), "P"),
    "reinitialized": ("#e08214", (0, (8, 2)), "X"),
}  # fmt: skip

LABELS = {
    "original": "original mask", "rewired": "rewired: both degrees kept",
    "random": "random: number of edges kept", "in_degrees": "in-degrees kept",
    "out_degrees": "out-degrees kept", "active_nodes": "active nodes kept",
    "reinitialized": "original mask, new initial weights",
}  # fmt: skip


def rewiring_panels(systems: dict[str, list[Trained]]) -> Panels:
    """Return final loss and accuracy over density, and the loss over updates at each density."""
    panels = {}
    for system, families in systems.items():
        head = f"{system}: " if len(systems) > 1 else ""
        panels[f"{head}final training loss"] = partial(_final_losses, families=families)
        panels[f"{head}accuracy"] = partial(_accuracies, families=families)
        for density in dict.fromkeys(entry.density for entry in families):
            own = [entry for entry in families if entry.density == density]
            panels[f"{head}loss at density {density:.3g}"] = partial(_losses, families=own)
    return panels


def rewiring_figure(families: list[Trained], title: str) -> Figure:
    """Plot the loss over updates, one panel per density; below, final loss and accuracy."""
    densities = list(dict.fromkeys(entry.density for entry in families))
    columns = max(len(densities), 2)
    figure = Figure(figsize=(1.5 + 3.6 * columns, 7.4), layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=(1.15, 1))
    upper, lower = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    panels: list[Axes] = list(upper.subplots(1, columns, sharey=True, squeeze=False)[0])
    for axis, density in zip(panels, densities, strict=False):
        own = [entry for entry in families if entry.density == density]
        _losses(axis, own)
        axis.set_title(f"density {density:.2%}", fontsize=10)
        if axis is not panels[0]:
            axis.set_ylabel("")
    for axis in panels[len(densities) :]:
        axis.set_visible(False)
    axes: list[Axes] = list(lower.subplots(1, 2))
    _final_losses(axes[0], families)
    _accuracies(axes[1], families)
    handles, labels = axes[0].get_legend_handles_labels()
    lower.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    figure.suptitle(f"{title}; bands and bars: standard errors over pruned networks", fontsize=10)
    return figure


def _losses(axis: Axes, families: list[Trained]) -> None:
    """Plot the training loss over updates, averaged over stretches where points are many."""
    for entry in families:
        update, mean, error = band(entry)
        colour, line, marker = STYLES[entry.family]
        stretches = np.array_split(np.arange(len(update)), min(len(update), MOST_POINTS))
        update, mean, error = (
            np.array([values[stretch].mean() for stretch in stretches])
            for values in (update, mean, error)
        )
        axis.plot(update, mean, linestyle=line, color=colour, linewidth=1.2, marker=marker,
                  markersize=3.5, markevery=max(1, len(update) // 8),
                  label=LABELS[entry.family])  # fmt: skip
        axis.fill_between(update, mean - error, mean + error, color=colour, alpha=0.25, linewidth=0)
    axis.set_yscale("log")
    axis.set(xlabel="updates", ylabel=observable("train_loss").axis_label)
    axis.grid(alpha=0.3, which="both")


def _final_losses(axis: Axes, families: list[Trained]) -> None:
    label = f"final {observable('train_loss').axis_label}"
    _over_density(axis, families, "final_training_loss", label)
    axis.set_yscale("log")


def _accuracies(axis: Axes, families: list[Trained]) -> None:
    _over_density(axis, families, "accuracy", observable("accuracy").axis_label)


def _over_density(axis: Axes, families: list[Trained], column: str, label: str) -> None:
    """Plot means and standard errors over the pruned networks, one line per family."""
    for name in FAMILIES:
        own = [entry for entry in families if entry.family == name]
        if not own:
            continue
        values = [mean_and_error(entry.finals[column].to_numpy()) for entry in own]
        mean, error = np.array(values, dtype=float).T
        colour, line, marker = STYLES[name]
        axis.errorbar(
            [entry.density for entry in own], mean, error, color=colour, linestyle=line,
            marker=marker, markersize=4, linewidth=1.2, capsize=2, label=LABELS[name],
        )  # fmt: skip
    densities = sorted({entry.density for entry in families})
    control_axis(axis, "density")
    axis.set_ylabel(label)
    axis.set_xticks(densities, [f"{density:.2g}" for density in densities])
    axis.minorticks_off()
    axis.grid(alpha=0.3, which="both")
