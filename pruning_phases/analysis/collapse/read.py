"""Finite-size scaling of runs or of any table: ``python -m pruning_phases.collapse``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from pruning_phases.analysis.collapse import CollapseConfig
    from pruning_phases.analysis.collapse.fit import Noise
    from pruning_phases.analysis.collapse.points import Points
    from pruning_phases.statistics.crossings import Located, SampledCurve


Panels = dict[str, "tuple[list[SampledCurve], list[Located]]"]


def source(config: CollapseConfig, points: Points) -> dict[str, Any]:
    """What was fitted, and how: enough to do it again."""
    keys = ["table"] if config.table else ["runs", "control"]
    if not config.table:
        keys += ["size", "order_parameter"] if config.control == "density" else ["p_train"]
    keys += ["window", "correction", "num_resampled", "seed"]
    return {key: getattr(config, key) for key in keys} | {
        "sizes": points.sizes.tolist(), "num_points": len(points),
    }  # fmt: skip


def short_name(config: CollapseConfig) -> str:
    """What was read, as a figure's title has room for it."""
    if config.table:
        return Path(config.table).name
    runs = [config.runs] if isinstance(config.runs, str) else list(config.runs)
    return Path(runs[0]).name if len(runs) == 1 else f"{len(runs)} folders of runs"


def read(
    config: CollapseConfig,
) -> tuple[Points, Noise | None, Panels, tuple[str, str, str], Path]:
    """Points, their noise, the curves to look for crossings on, names of the axes, and where
    results go unless told."""
    from pruning_phases.analysis.collapse.points import check_points, read_points
    from pruning_phases.observables.registry import observable
    from pruning_phases.records.select import done_runs
    from pruning_phases.statistics.crossings import crossing, peak

    if config.table:
        points = read_points(config.table)
        if config.window:
            low, high = config.window
            inside = (points.control >= low) & (points.control <= high)
            if not inside.any():
                raise UserError(
                    f"window={config.window}: no point is in there; the control goes from "
                    f"{points.control.min():g} to {points.control.max():g}"
                )
            points = check_points(points.where(inside), f"table={config.table} in window")
        curves = _sample(points, None, config)
        panels = {"value": (curves, _neighbours(curves, crossing))}
        path = Path(config.table)
        beside = path.with_name(f"{path.stem}_collapse")
        return points, None, panels, ("control", "size", "value"), beside

    if config.control == "p_eval":
        return _read_grid(config)
    from pruning_phases.analysis.collapse.sized_runs import (
        fluctuations,
        points_of,
        replica_noise,
        sized_curves,
    )

    records = done_runs(config.runs)
    window = (config.window[0], config.window[1]) if config.window else None
    sized = sized_curves(records, config.size, config.order_parameter, window)
    points, noise = check_points(points_of(sized), f"runs={config.runs}"), replica_noise(sized)
    value, binder, chi = (
        _sample(points, noise, config),
        *(fluctuations(sized, name, config.num_resampled, config.seed)
          for name in ("binder", "susceptibility")),
    )  # fmt: skip
    label = observable(config.order_parameter).axis_label
    panels = {
        label: (value, _neighbours(value, crossing)),
        "Binder cumulant": (binder, _neighbours(binder, crossing)),
        "susceptibility": (chi, [peak(curve) for curve in chi]),
    }
    return points, noise, panels, ("density", config.size, label), records[0].folder.parent


def _read_grid(
    config: CollapseConfig,
) -> tuple[Points, Noise, Panels, tuple[str, str, str], Path]:
    """The loss over p_eval at one p_train; the size is that of the training set."""
    from pruning_phases.analysis.collapse.points import check_points
    from pruning_phases.analysis.collapse.sized_runs import points_of, replica_noise
    from pruning_phases.analysis.common.losses import curves_by_size, loss_curves, losses_of, within
    from pruning_phases.records.select import done_runs, folder_of, systems_of
    from pruning_phases.statistics.crossings import crossing

    records = done_runs(config.runs)
    systems = systems_of(records)
    if len(systems) > 1:
        raise UserError(
            f"runs={config.runs}: runs of {len(systems)} systems ({', '.join(systems)}): "
            "choose those of one"
        )
    losses = within(losses_of(records, "p_eval"), config.window)
    there = losses.p_train.tolist()
    wanted = there[0] if config.p_train is None and len(there) == 1 else config.p_train
    if wanted not in there:
        raise UserError(
            f"p_train={config.p_train}: choose one of {', '.join(f'{rate:g}' for rate in there)}"
        )
    row = there.index(wanted)
    sized = curves_by_size(losses, row)
    points = check_points(points_of(sized), f"runs={config.runs}")
    curves = loss_curves(losses, row, config.num_resampled, config.seed)
    panels = {"ln of the test loss": (curves, _neighbours(curves, crossing))}
    names = ("p_eval", "training examples", "test loss (nats)")
    return points, replica_noise(sized, shared=True), panels, names, folder_of(records)


def _sample(points: Points, noise: Noise | None, config: CollapseConfig) -> list[SampledCurve]:
    import numpy as np

    from pruning_phases.analysis.collapse.fit import gaussian_noise
    from pruning_phases.statistics.crossings import SampledCurve

    draws = (noise or gaussian_noise(points))(
        np.random.default_rng(config.seed), config.num_resampled
    )
    curves = []
    for size in points.sizes:
        part = points.size == size
        one = points.where(part)
        curves.append(
            SampledCurve(float(size), one.control, one.value, one.error, one.value + draws[:, part])
        )
    return curves


def _neighbours(curves: list[SampledCurve], crossing: Any) -> list[Located]:
    return [crossing(first, second) for first, second in zip(curves, curves[1:], strict=False)]
