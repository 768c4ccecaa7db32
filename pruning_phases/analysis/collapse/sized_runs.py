"""Points, noise and fluctuations of runs of several sizes.

In: records that differ in size, seed and replicas alone. Out: arrays for finite-size scaling.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.collapse.fit import Noise
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.config.analysis import SIZES
from pruning_phases.config.identity import REPLICA_KEYS
from pruning_phases.errors import UserError
from pruning_phases.observables.controls import CONTROLS, known_controls
from pruning_phases.records.names import differing_options, options_of, options_of_size, run_names
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled
from pruning_phases.statistics.crossings import SampledCurve
from pruning_phases.statistics.curves import (
    Curve,
    SizedCurve,
    column_of,
    curve,
    errors_of_mean,
    from_column,
    of_steps,
)
from pruning_phases.statistics.estimates import binder_cumulant, susceptibility
from pruning_phases.statistics.resampling import replica_fractions, resampled_deviations

Array = NDArray[np.float64]

# Fractions of the rise of the order parameter between which controls are compared. Points outside
# show how good the dense network is, or chance.
LOW, HIGH = 0.1, 0.9

SIZE_KEYS = {"model.width": "model.widths"}  # option -> name in the physics of a record of fc


def runs_by_size(records: list[RunRecord], size: str) -> dict[float, list[RunRecord]]:
    """The runs of each size, ascending. Raises UserError if they differ in more than the size."""
    _refuse_mixtures(records, size)
    groups: dict[float, list[RunRecord]] = {}
    for record in records:
        groups.setdefault(size_of(record, size), []).append(record)
    return dict(sorted(groups.items()))


def sized_curves(
    records: list[RunRecord], size: str, control: str, order_parameter: str,
    window: Sequence[float] | None,
) -> list[SizedCurve]:  # fmt: skip
    """One curve per size, ascending; the replicas of runs of equal size are pooled."""
    names = run_names(records)
    curves: list[SizedCurve] = []
    for value, members in runs_by_size(records, size).items():
        info = members[0].info()
        table = pooled(members, RunRecord.observables)
        measured = curve(table, order_parameter, info["data"]["num_classes"], control)
        measured = inside_window(SizedCurve(value, value, measured), window).curve
        if measured.num_replicas < 2 or len(measured.control) < 5:
            several = ", ".join(names[record.id] for record in members)
            raise UserError(
                f"runs: size {value:g} ({several}) has {measured.num_replicas} replicas that "
                f"share {len(measured.control)} pruning steps: 2 and 5 are needed; leave out runs "
                "of another schedule with runs=[FOLDER,FOLDER], or widen window"
            )
        curves.append(SizedCurve(value, info["network"]["num_prunable"], measured))
    return curves


def inside_window(item: SizedCurve, window: Sequence[float] | None) -> SizedCurve:
    """The points whose control lies within [low, high]; all of them without a window."""
    if not window:
        return item
    low, high = window
    inside = (item.curve.control >= low) & (item.curve.control <= high)
    values = item.curve.values[:, inside]
    return replace(
        item, curve=replace(item.curve, control=item.curve.control[inside], values=values)
    )


def _refuse_mixtures(records: list[RunRecord], size: str) -> None:
    """Raise UserError if runs differ in more than the size, the seed and the replicas."""
    several = [options_of_size(record) for record in records]
    free = {*REPLICA_KEYS, size, SIZE_KEYS.get(size, size)}
    if size == "num_weights":
        free |= {key for options in several for key in options if _is_of_a_layer(key)}
    free |= {"dataset.train_size"} if size == "train_size" else set()
    free |= {"dataset.num_classes"} if size == "num_classes" else set()
    for key in sorted(differing_options(several, free)):
        first = several[0].get(key)
        record, other = next(
            (record, options.get(key))
            for record, options in zip(records, several, strict=True)
            if options.get(key) != first
        )
        raise UserError(
            f"runs: {key} is {first} in run {records[0].id} and {other} in run {record.id}: choose "
            f"runs that differ in size={size} alone"
        )


def _is_of_a_layer(key: str) -> bool:
    """True for the keys of a model that decide the number of its weights: all but its name."""
    return key.startswith("model.") and key != "model.name"


def size_of(record: RunRecord, key: str) -> float:
    """The size of a run: a name of SIZES, or a number of its physics by its dotted key."""
    info = record.info()
    if key == "num_weights":
        return float(info["network"]["num_prunable"])
    if key == "train_size":
        return _train_size(record)
    if key == "num_classes":
        return float(info["data"]["num_classes"])
    options = options_of(record)
    node: Any = options.get(key, options.get(SIZE_KEYS.get(key, key)))
    if isinstance(node, list) and node and len(set(node)) == 1:
        node = node[0]
    if not isinstance(node, int | float) or isinstance(node, bool):
        found = "no such key" if node is None else f"the value {node}"
        raise UserError(
            f"size={key}: run {record.id} has {found}; give {', '.join(SIZES)}, or a key with one "
            "number, such as model.widths of equal widths"
        )
    return float(node)


def _train_size(record: RunRecord) -> float:
    """Training examples of each replica, without those held out for validation."""
    sizes = record.observables()["train_size"].unique()
    if len(sizes) > 1:
        listed = ", ".join(str(size) for size in sorted(sizes))
        raise UserError(
            f"size=train_size: run {record.id} has the training-set sizes {listed}: give "
            "control=p_eval, or choose runs of one size each"
        )
    return float(sizes[0])


def points_of(curves: list[SizedCurve]) -> Points:
    """Means over replicas with their errors, all sizes in one list of points."""
    columns = [
        (item.curve.control, np.full(len(item.curve.control), item.size),
         item.curve.values.mean(axis=0), errors_of_mean(item.curve))
        for item in curves
    ]  # fmt: skip
    return Points(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def falling_points(records: list[RunRecord], size: str, order_parameter: str) -> dict[str, Points]:
    """The same points over each control, between LOW and HIGH of the rise at their size."""
    groups = runs_by_size(records, size)
    tables = {value: pooled(runs, RunRecord.observables) for value, runs in groups.items()}
    names = [
        name for name in CONTROLS if all(name in known_controls(one) for one in tables.values())
    ]
    columns: list[Array] = []
    for value, table in tables.items():
        num_classes = groups[value][0].info()["data"]["num_classes"]
        at, (measured,) = of_steps(table, [column_of(order_parameter)], names)
        curve = Curve(at[0], *from_column(measured, order_parameter, num_classes))
        mean, error = curve.values.mean(axis=0), errors_of_mean(curve)
        rise = (mean - curve.floor) / (mean.max() - curve.floor)
        falling = (rise >= LOW) & (rise <= HIGH) & (at > 0).all(axis=0)
        rows = np.vstack([at, np.full(len(mean), value), mean, error])
        columns.append(rows[:, falling])
    *controls, sizes, mean, error = np.concatenate(columns, axis=1)
    return {
        name: Points(control, sizes, mean, error)
        for name, control in zip(names, controls, strict=True)
    }


def replica_noise(curves: list[SizedCurve], shared: bool = False) -> Noise:
    """Deviations of means over resampled replicas, sampled for each size on its own.

    ``shared``: the same replicas are sampled for all sizes.
    """

    def noise(generator: np.random.Generator, batch: int) -> Array:
        deviations = []
        for number, item in enumerate(curves):
            if number == 0 or not shared:
                fractions = replica_fractions(generator, item.curve.num_replicas, batch)
            deviations.append(resampled_deviations(item.curve.values, fractions))
        return np.concatenate(deviations, axis=1)

    return noise


def fluctuations(
    curves: list[SizedCurve], quantity: str, batch: int, seed: int
) -> list[SampledCurve]:
    """The quantity ``susceptibility`` or ``binder`` of every size, resampled over replicas."""
    generator = np.random.default_rng(seed)
    sampled = []
    for item in curves:
        values = item.curve.values - item.curve.floor

        def measure(some: Array, weights: float = item.num_weights) -> Array:
            if quantity == "susceptibility":
                return susceptibility(some, weights)
            return binder_cumulant(some)

        count = len(values)
        chosen = generator.integers(count, size=(batch, count))
        # R values sampled from R with replacement have (R - 1) / R of their variance.
        widen = count / (count - 1) if quantity == "susceptibility" else 1.0
        samples = np.stack([measure(values[rows]) for rows in chosen]) * widen
        measured = measure(values)
        defined = np.isfinite(measured) & np.isfinite(samples).all(axis=0)
        if not defined.any():
            raise UserError(f"size {item.size:g}: the {quantity} is defined at no point")
        error = samples[:, defined].std(axis=0, ddof=1)
        floor = 1e-3 * np.median(error[error > 0]) if (error > 0).any() else 1.0
        sampled.append(
            SampledCurve(
                item.size, item.curve.control[defined], measured[defined],
                np.maximum(error, floor), samples[:, defined],
            )
        )  # fmt: skip
    return sampled
