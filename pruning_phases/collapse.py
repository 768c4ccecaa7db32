"""Finite-size scaling of runs or of any table: ``python -m pruning_phases.collapse``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pruning_phases.analysis_config import AnsatzName, CollapseConfig, keys_of, register, typed
from pruning_phases.application import PLAIN, launch, new_console
from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from omegaconf import DictConfig
    from rich.console import Console

    from pruning_phases.analysis.collapse_fit import Collapse, MakeAnsatz, Noise
    from pruning_phases.analysis.crossings import Located, SampledCurve
    from pruning_phases.analysis.scaling_function import Points

Panels = dict[str, "tuple[list[SampledCurve], list[Located]]"]


def main() -> None:
    register()
    launch("collapse", task, keys_of("collapse"))


def task(composed: DictConfig) -> None:
    config = typed(composed, CollapseConfig)
    _check(config)
    analyse(config, new_console())


def _check(config: CollapseConfig) -> None:
    if bool(config.runs) == bool(config.table):
        raise UserError("give either runs=FOLDER or table=FILE.csv")
    known = [name.name for name in AnsatzName]
    for name in config.forms():
        if name not in known:
            raise UserError(
                f"ansatz={name}: choose {' or '.join(known)}, or ansatz=[power_law,bkt]"
            )
    if not config.forms():
        raise UserError(f"ansatz is empty: choose {' or '.join(known)}")
    if config.control not in ("density", "p_eval"):
        raise UserError(f"control={config.control}: choose density or p_eval")
    if config.sigma is not None and not 0.05 <= config.sigma <= 5:
        raise UserError(f"sigma={config.sigma}: give a number from 0.05 to 5, or null to fit it")
    if config.correction is not None and not 0 < config.correction <= 10:
        raise UserError(f"correction={config.correction}: omega is above 0, at most 10; or null")
    if config.window is not None and (
        len(config.window) != 2 or not config.window[0] < config.window[1]
    ):
        raise UserError(f"window={config.window}: give window=[LOW,HIGH], LOW below HIGH")


def analyse(config: CollapseConfig, console: Console) -> dict[str, Any]:
    """Fit every ansatz asked for, look for crossings and peaks, write results and figures."""
    from pruning_phases.analysis.collapse_figure import collapse_figure, crossings_figure
    from pruning_phases.analysis.collapse_fit import preferred
    from pruning_phases.analysis.results import open_folder, save_figure, save_json

    points, noise, panels, names, beside = _read(config)
    folder = open_folder(config.output_dir, beside)
    collapses = {
        name: _fit(make, points, noise, config, console) for name, make in _ansaetze(config).items()
    }
    content: dict[str, Any] = {"source": _source(config, points)}
    content |= {name: _entry(collapse) for name, collapse in collapses.items()}
    if len(collapses) == 2:
        content["preferred"], reason = preferred(*collapses.values())
        content |= {"preferred_reason": reason} if reason else {}
    content |= _located(panels)
    title = f"{_short(config)}: {len(points)} points, {len(points.sizes)} sizes"
    save_json(folder / "collapse.json", content)
    save_figure(collapse_figure(list(collapses.values()), names, title), folder / "collapse")
    save_figure(crossings_figure(panels, names[:2], title), folder / "crossings")
    _print(collapses, content, console)
    console.print(f"results: {folder / 'collapse.json'}", **PLAIN)
    console.print(f"figures: {folder / 'collapse.png'}, {folder / 'crossings.png'}", **PLAIN)
    return content


def _source(config: CollapseConfig, points: Points) -> dict[str, Any]:
    """What was fitted, and how: enough to do it again."""
    keys = ["table"] if config.table else ["runs", "control"]
    if not config.table:
        keys += ["size", "order_parameter"] if config.control == "density" else ["p_train"]
    keys += ["window", "correction", "num_resampled", "seed"]
    return {key: getattr(config, key) for key in keys} | {
        "sizes": points.sizes.tolist(), "num_points": len(points),
    }  # fmt: skip


def _short(config: CollapseConfig) -> str:
    """What was read, as a figure's title has room for it."""
    if config.table:
        return Path(config.table).name
    runs = [config.runs] if isinstance(config.runs, str) else list(config.runs)
    return Path(runs[0]).name if len(runs) == 1 else f"{len(runs)} folders of runs"


def _read(
    config: CollapseConfig,
) -> tuple[Points, Noise | None, Panels, tuple[str, str, str], Path]:
    """Points, their noise, the curves to look for crossings on, names of the axes, and where
    results go unless told."""
    from pruning_phases.analysis.crossings import crossing, peak
    from pruning_phases.analysis.order_parameters import LABELS
    from pruning_phases.analysis.sources import check_points, done_runs, read_points

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
    from pruning_phases.analysis.sized_runs import (
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
    label = LABELS[config.order_parameter]
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
    from pruning_phases.analysis.crossings import crossing
    from pruning_phases.analysis.grid_runs import (
        curves_by_size,
        loss_curves,
        losses_of,
        within,
    )
    from pruning_phases.analysis.sized_runs import points_of, replica_noise
    from pruning_phases.analysis.sources import check_points, done_runs, folder_of, systems_of

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

    from pruning_phases.analysis.collapse_fit import gaussian_noise
    from pruning_phases.analysis.crossings import SampledCurve

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


def _ansaetze(config: CollapseConfig) -> dict[str, MakeAnsatz]:
    from pruning_phases.analysis.ansatz import bkt, power_law

    makers: dict[str, MakeAnsatz] = {
        "power_law": power_law,
        "bkt": partial(bkt, sigma=config.sigma, delta=config.delta),
    }
    return {name: makers[name] for name in config.forms()}


def _fit(
    make: MakeAnsatz, points: Points, noise: Noise | None, config: CollapseConfig, console: Console
) -> Collapse:
    from pruning_phases.analysis.collapse_fit import fit_collapse

    with console.status("fitting"):
        return fit_collapse(
            make, points, noise=noise, num_resampled=config.num_resampled, seed=config.seed,
            correction=config.correction,
        )  # fmt: skip


def _entry(collapse: Collapse) -> dict[str, Any]:
    """The contract's keys; errors hold the statistical part and the drifts, which stand apart."""
    from pruning_phases.analysis.results import number

    entry: dict[str, Any] = {}
    for name, item in collapse.estimates.items():
        entry[name] = number(item.value, item.error)
        if item.reason:
            entry.setdefault("reasons", {})[name] = item.reason
        if item.fixed:
            entry.setdefault("fixed", []).append(name)
    entry["errors"] = {
        name: {
            "statistical": item.statistical,
            "drift_with_size": item.drift_size,
            "drift_with_window": item.drift_window,
        }
        for name, item in collapse.estimates.items()
        if item.value is not None and not item.fixed
    }
    entry["chi2_per_dof"] = collapse.chi2_per_dof
    entry["bic"] = collapse.optimum.bic
    entry["notes"] = collapse.notes
    return entry


def _located(panels: Panels) -> dict[str, Any]:
    from pruning_phases.analysis.crossings import extrapolate, size_exponent
    from pruning_phases.analysis.results import number

    content: dict[str, Any] = {"crossings": {}}
    for quantity, (curves, places) in panels.items():
        rows = []
        for place in places:
            row: dict[str, Any] = {
                "sizes": list(place.sizes),
                "control": number(*place.control) if place.control else None,
            }
            if place.value:
                row["height"] = number(*place.value)
            if place.reason:
                row["reason"] = place.reason
            rows.append(row)
        if quantity == "susceptibility":
            exponent = size_exponent(places)
            peaks = {"peaks": rows, "gamma_over_nu": number(*exponent) if exponent else None}
            why = {} if exponent else {"reason": "fewer than two sizes have a peak"}
            content["susceptibility"] = peaks | why
        else:
            low = min(float(curve.control.min()) for curve in curves)
            high = max(float(curve.control.max()) for curve in curves)
            limit, reason = extrapolate(places, low, high)
            found = {"pairs": rows, "infinite_size": number(*limit) if limit else None}
            content["crossings"][quantity] = found | ({"reason": reason} if reason else {})
    return content


def _print(collapses: dict[str, Collapse], content: dict[str, Any], console: Console) -> None:
    from rich import box
    from rich.table import Table

    from pruning_phases.analysis.results import cell

    table = Table(
        caption="drift: without the smallest size, carried on to infinite size as 1/L; "
        "in the inner half of the window",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for name in ("ansatz", "parameter", "value", "statistical", "drift: size", "drift: window"):
        table.add_column(name, no_wrap=True)
    for name, collapse in collapses.items():
        for parameter, item in collapse.estimates.items():
            parts = (item.statistical, item.drift_size, item.drift_window)
            shown = [("" if part is None or item.fixed else f"{part:.2g}") for part in parts]
            value = cell(item.value, item.error) + (" (fixed)" if item.fixed else "")
            table.add_row(name, parameter, value, *shown)
        table.add_row(name, "chi2/dof", f"{collapse.chi2_per_dof:.2f}", "", "", "")
    console.print(table)
    for name, collapse in collapses.items():
        reasons = [item.reason for item in collapse.estimates.values() if item.reason]
        for line in collapse.notes + list(dict.fromkeys(reasons)):
            console.print(f"{name}: {line}", **PLAIN)
    if "preferred" in content:
        reason = content.get("preferred_reason")
        console.print(
            f"preferred: {content['preferred']}{reason and f' ({reason})' or ''}", **PLAIN
        )
    for quantity, found in content["crossings"].items():
        where = " (the critical point where beta = 0)" if quantity != "Binder cumulant" else ""
        places = _places(found["pairs"])
        console.print(
            f"crossings of {quantity}{where if places != 'none' else ''}: {places}", **PLAIN
        )
    if "susceptibility" in content:
        peaks = _places(content["susceptibility"]["peaks"])
        exponent = content["susceptibility"]["gamma_over_nu"]
        tail = f"; gamma/nu {cell(exponent['value'], exponent['error'])}" if exponent else ""
        console.print(f"susceptibility peaks: {peaks}{tail}", **PLAIN)


def _places(rows: list[dict[str, Any]]) -> str:
    from pruning_phases.analysis.text import with_error

    places = [
        "/".join(f"{size:g}" for size in row["sizes"])
        + " at "
        + with_error(row["control"]["value"], row["control"]["error"])
        for row in rows
        if row["control"]
    ]
    return ", ".join(places) or "none"


if __name__ == "__main__":
    main()
