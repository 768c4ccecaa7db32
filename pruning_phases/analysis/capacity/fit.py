"""Memorization capacity of pruned networks (arXiv 2402.01089).

The capacity at a density is the largest number n of noisily labelled examples of which a network
fits 99%. It is interpolated over the training-set sizes for each replica; quoted are the mean and
its error over replicas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError
from pruning_phases.statistics.estimates import first_below, mean_and_error

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Memory:
    """One pruner at one density. capacity: number of examples and error, or None with a reason."""

    density: float
    num_kept: int
    sizes: Array
    train_accuracy: Array  # [replicas, sizes]
    noise_correlation: Array  # [replicas, sizes]; NaN without label noise
    capacity: tuple[float, float] | None
    reason: str | None = None
    over_training: NoiseCurve | None = None


@dataclass(frozen=True)
class NoiseCurve:
    """Noise correlation at the largest training set over updates: mean and error over replicas."""

    updates: Array
    mean: Array
    error: Array


def memories(
    observables: pd.DataFrame, training: pd.DataFrame, threshold: float, where: str
) -> list[Memory]:
    """Measure every density of one pruner, dense first.

    ``training`` is the table of these networks' training; ``where`` names the runs in errors.
    """
    missing = {"train_accuracy", "noise_correlation"} - set(observables)
    if missing:
        raise UserError(
            f"{where} has no {', '.join(sorted(missing))}: train with "
            "training.measure_on_train_set=true"
        )
    found = []
    surviving = observables[observables["num_kept"] > 0]
    for density, table in surviving.groupby("density", sort=False):
        wide = {
            name: table.pivot(index="replica", columns="train_size", values=name)
            for name in ("train_accuracy", "noise_correlation")
        }
        wide["train_accuracy"] = wide["train_accuracy"].dropna()
        accuracy = wide["train_accuracy"].to_numpy()
        sizes = wide["train_accuracy"].columns.to_numpy(dtype=np.float64)
        if accuracy.shape[0] < 2 or accuracy.shape[1] < 2:
            raise UserError(
                f"{where}: {accuracy.shape[0]} replicas and {accuracy.shape[1]} training-set "
                "sizes: two of each are needed (num_replicas, dataset.train_sizes=[A,B])"
            )
        capacity, reason = mean_capacity(sizes, accuracy, threshold)
        noise = wide["noise_correlation"].to_numpy()
        over_training = noise_curve(training[training["step"] == table["step"].iloc[0]])
        kept = int(table["num_kept"].iloc[0])
        found.append(
            Memory(float(density), kept, sizes, accuracy, noise, capacity, reason, over_training)  # type: ignore[arg-type]
        )
    return sorted(found, key=lambda memory: -memory.density)


def noise_curve(training: pd.DataFrame) -> NoiseCurve | None:
    """Average the training table of one step over replicas; None without measurement or noise."""
    if "noise_correlation" not in training:
        return None
    largest = training[training["train_size"] == training["train_size"].max()]
    wide = largest.pivot(index="replica", columns="update", values="noise_correlation")
    wide = wide.dropna(axis="columns")  # updates at which no replica was measured
    if wide.empty:
        return None
    mean, error = mean_and_error(wide.to_numpy())
    return NoiseCurve(wide.columns.to_numpy(dtype=np.float64), mean, error)


def capacities(sizes: Array, accuracy: Array, threshold: float) -> Array:
    """The size at which each replica's accuracy first falls below the threshold: [replicas].

    accuracy: on the training set, [replicas, sizes], interpolated linearly in ln n. The result is 0
    if it is below from the smallest size on, infinite if it never is.
    """
    crossed = np.exp(first_below(np.log(sizes), accuracy, threshold))
    return np.where(np.isnan(crossed), 0.0, crossed)


def mean_capacity(
    sizes: Array, accuracy: Array, threshold: float
) -> tuple[tuple[float, float] | None, str | None]:
    """Mean capacity over replicas and its error, or None and the reason why there is none.

    The error combines three parts: the standard error over replicas; half of the larger shift of
    the mean when every second size is left out, for the interpolation; and half of the smallest
    size for each replica that does not fit even that, whose capacity counts as half of it.
    """
    values = capacities(sizes, accuracy, threshold)
    below, above = values == 0, np.isinf(values)
    if above.any():
        return None, (
            f"{above.sum()} of {len(values)} replicas fit {threshold:.0%} of {sizes[-1]:g} "
            "examples: add larger training sets"
        )
    if below.all():
        return None, (
            f"all replicas fit less than {threshold:.0%} of {sizes[0]:g} examples: add smaller "
            "training sets"
        )
    values = np.where(below, sizes[0] / 2, values)
    unknown = below.mean() * sizes[0] / 2
    mean, error = mean_and_error(values)
    shifts = [0.0]
    for half in [np.arange(first, len(sizes), 2) for first in (0, 1)]:
        thinned = capacities(sizes[half], accuracy[:, half], threshold)
        thinned = np.where(thinned == 0, sizes[half][0] / 2, thinned)
        if np.isfinite(thinned).all():
            shifts.append(abs(float(thinned.mean() - mean)))
    return (float(mean), float(np.sqrt(error**2 + (max(shifts) / 2) ** 2 + unknown**2))), None
