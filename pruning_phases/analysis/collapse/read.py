"""Points of finite-size scaling with their noise, read from runs of several sizes or from a table.

In: the configuration. Out: ``Data``, which holds all that is fitted and plotted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded

if TYPE_CHECKING:
    from pruning_phases.analysis.collapse.config import CollapseConfig
    from pruning_phases.analysis.collapse.fit import Noise
    from pruning_phases.analysis.collapse.points import Points
    from pruning_phases.statistics.crossings import Located, SampledCurve

# Quantity -> curves of all sizes, and the crossings or peaks located on them.
Panels = dict[str, "tuple[list[SampledCurve], list[Located]]"]


@dataclass(frozen=True)
class Data:
    """Everything that the fits and figures need."""

    points: Points
    noise: Noise | None  # None: Gaussian, with the points' errors
    panels: Panels
    axes: tuple[str, str, str]  # names of control, size and value
    folder: Path  # of the results, without output_dir
    notes: Sequence[str] = ()  # on what was left out
    has_errors: bool = True  # False: the points' errors are those of their scatter
    falling: dict[str, Points] | None = None  # of pruned runs: the same points over each control


def read(config: CollapseConfig) -> Data:
    """Read the table, the runs over p_eval, or the pruned runs."""
    if config.table:
        return _read_table(config)
    return _read_grid(config) if config.control == "p_eval" else _read_pruned(config)


def source(config: CollapseConfig, data: Data) -> dict[str, Any]:
    """The options that decide the result and the origin of the errors, for collapse.json."""
    keys = ["table", "columns"] if config.table else ["runs", "control"]
    if not config.table:
        keys += ["p_train"] if config.control == "p_eval" else ["size", "order_parameter"]
    keys += ["window", "correction", "num_resampled", "seed"]
    return {key: getattr(config, key) for key in keys} | {
        "sizes": data.points.sizes.tolist(), "num_points": len(data.points),
        "errors_from": "data" if data.has_errors else "scatter",
    }  # fmt: skip


def short_name(config: CollapseConfig) -> str:
    """The name of the table or of the runs' folder, for a figure's title."""
    if config.table:
        return Path(config.table).name
    runs = [config.runs] if isinstance(config.runs, str) else list(config.runs)
    return Path(runs[0]).name if len(runs) == 1 else f"{len(runs)} folders of runs"


def _read_table(config: CollapseConfig) -> Data:
    from pruning_phases.analysis.collapse.points import check_points
    from pruning_phases.analysis.collapse.sized_runs import inside_window, replica_noise
    from pruning_phases.analysis.collapse.table import read_table
    from pruning_phases.statistics.crossings import crossing

    path = expanded(str(config.table))
    table = read_table(path, config.columns, getattr(config.table, "frame", None))
    points = table.points
    if config.window:
        low, high = config.window
        inside = (points.control >= low) & (points.control <= high)
        if not inside.any():
            raise UserError(
                f"window={config.window}: no point lies inside; the control goes from "
                f"{points.control.min():g} to {points.control.max():g}"
            )
        points = check_points(points.where(inside), f"table={config.table} in window")
    noise = None
    if table.curves:
        noise = replica_noise([inside_window(item, config.window) for item in table.curves])
    curves = _sampled(points, noise, config)
    panels: Panels = {"value": (curves, _neighbours(curves, crossing))}
    folder = path.with_name(f"{path.stem}_collapse")
    axes = ("control", "size", "value")
    return Data(points, noise, panels, axes, folder, table.notes, table.has_errors)


def _read_pruned(config: CollapseConfig) -> Data:
    """An order parameter over ``config.control``; the size is ``config.size``."""
    from pruning_phases.analysis.collapse.points import check_points
    from pruning_phases.analysis.collapse.sized_runs import (
        falling_points,
        fluctuations,
        points_of,
        replica_noise,
        sized_curves,
    )
    from pruning_phases.observables.registry import observable
    from pruning_phases.records.select import done_runs
    from pruning_phases.statistics.crossings import crossing, peak

    records = done_runs(config.runs)
    sized = sized_curves(
        records, config.size, config.control, config.order_parameter, config.window
    )
    points, noise = check_points(points_of(sized), f"runs={config.runs}"), replica_noise(sized)
    value = _sampled(points, noise, config)
    binder = fluctuations(sized, "binder", config.num_resampled, config.seed)
    chi = fluctuations(sized, "susceptibility", config.num_resampled, config.seed)
    label = observable(config.order_parameter).axis_label
    panels: Panels = {
        label: (value, _neighbours(value, crossing)),
        "Binder cumulant": (binder, _neighbours(binder, crossing)),
        "susceptibility": (chi, [peak(curve) for curve in chi]),
    }
    axes = (config.control, config.size, label)
    falling = falling_points(records, config.size, config.order_parameter)
    return Data(points, noise, panels, axes, records[0].folder.parent, falling=falling)


def _read_grid(config: CollapseConfig) -> Data:
    """The loss over p_eval at one p_train; the size is that of the training set."""
    from pruning_phases.analysis.collapse.points import check_points
    from pruning_phases.analysis.collapse.sized_runs import points_of, replica_noise
    from pruning_phases.analysis.common.losses import curves_by_size, loss_curves, losses_of, within
    from pruning_phases.records.names import systems_of
    from pruning_phases.records.select import done_runs, folder_of
    from pruning_phases.statistics.crossings import crossing

    records = done_runs(config.runs)
    systems = systems_of(records)
    if len(systems) > 1:
        raise UserError(
            f"runs={config.runs}: runs of {len(systems)} systems ({', '.join(systems)}): "
            "choose the runs of one system"
        )
    losses = within(losses_of(records, "p_eval"), config.window)
    rates = losses.p_train.tolist()
    p_train = rates[0] if config.p_train is None and len(rates) == 1 else config.p_train
    if p_train not in rates:
        raise UserError(
            f"p_train={config.p_train}: choose one of {', '.join(f'{rate:g}' for rate in rates)}"
        )
    row = rates.index(p_train)
    sized = curves_by_size(losses, row)
    points = check_points(points_of(sized), f"runs={config.runs}")
    curves = loss_curves(losses, row, config.num_resampled, config.seed)
    panels: Panels = {"ln of the test loss": (curves, _neighbours(curves, crossing))}
    axes = ("p_eval", "training examples", "test loss (nats)")
    return Data(points, replica_noise(sized, shared=True), panels, axes, folder_of(records))


def _sampled(points: Points, noise: Noise | None, config: CollapseConfig) -> list[SampledCurve]:
    """The measured curve of each size with its resampled versions."""
    import numpy as np

    from pruning_phases.analysis.collapse.fit import gaussian_noise
    from pruning_phases.statistics.crossings import SampledCurve

    deviations = (noise or gaussian_noise(points))(
        np.random.default_rng(config.seed), config.num_resampled
    )
    curves = []
    for size in points.sizes:
        chosen = points.size == size
        one = points.where(chosen)
        samples = one.value + deviations[:, chosen]
        curves.append(SampledCurve(float(size), one.control, one.value, one.error, samples))
    return curves


def _neighbours(
    curves: list[SampledCurve], crossing: Callable[[SampledCurve, SampledCurve], Located]
) -> list[Located]:
    return [crossing(first, second) for first, second in pairwise(curves)]
