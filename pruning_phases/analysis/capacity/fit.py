"""How many examples a pruned network can memorize (arXiv 2402.01089).

The memorization capacity at a density is the largest n of noisily labelled examples of which a
network fits 99%. Each replica's own, by interpolation over its training-set sizes; then mean and
standard error over replicas.
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
    """One pruner at one density. capacity: examples and error, None with a reason."""

    density: float
    sizes: Array
    train_accuracy: Array  # [replicas, sizes]
    noise_correlation: Array  # [replicas, sizes]; NaN without label noise
    capacity: tuple[float, float] | None
    reason: str | None = None
    over_training: NoiseCurve | None = None


@dataclass(frozen=True)
class NoiseCurve:
    """Noise correlation of the largest training set over updates: mean and error over replicas."""

    updates: Array
    mean: Array
    error: Array


def memories(
    observables: pd.DataFrame, training: pd.DataFrame, threshold: float, where: str
) -> list[Memory]:
    """Of every density of one pruner's runs, dense first. training: how these networks trained."""
    missing = {"train_accuracy", "noise_correlation"} - set(observables)
    if missing:
        raise UserError(
            f"{where} has no {', '.join(sorted(missing))}: train with training.measure_on_train_set=true"
        )
    found = []
    living = observables[observables["num_kept"] > 0]
    for density, table in living.groupby("density", sort=False):
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
        found.append(Memory(density, sizes, accuracy, noise, capacity, reason, over_training))  # type: ignore[arg-type]
    return sorted(found, key=lambda memory: -memory.density)


def noise_curve(training: pd.DataFrame) -> NoiseCurve | None:
    """Of one step's training; None where it was not measured or there is no noise."""
    if "noise_correlation" not in training:
        return None
    largest = training[training["train_size"] == training["train_size"].max()]
    wide = largest.pivot(index="replica", columns="update", values="noise_correlation")
    wide = wide.dropna(axis="columns")  # updates at which no replica was looked at
    if wide.empty:
        return None
    mean, error = mean_and_error(wide.to_numpy())
    return NoiseCurve(wide.columns.to_numpy(dtype=np.float64), mean, error)


def capacities(sizes: Array, accuracy: Array, threshold: float) -> Array:
    """Where each replica's training accuracy [replicas, sizes] first falls below the threshold as
    sizes grow, linear in ln n between sizes: [replicas]. 0: below from the smallest size on;
    infinite: nowhere."""
    places = np.exp(first_below(np.log(sizes), accuracy, threshold))
    return np.where(np.isnan(places), 0.0, places)


def mean_capacity(
    sizes: Array, accuracy: Array, threshold: float
) -> tuple[tuple[float, float] | None, str | None]:
    """The mean over replicas, and its error: that over replicas; half of how far the mean moves
    when every second size is left out, for what happens between sizes; and half a smallest size
    for each replica that fits less than that, which counts as half of it."""
    own = capacities(sizes, accuracy, threshold)
    below, above = own == 0, np.isinf(own)
    if above.any():
        said = f"{above.sum()} of {len(own)} replicas fit {threshold:.0%} of {sizes[-1]:g} examples"
        return None, f"{said}: add larger ones"
    if below.all():
        return None, f"all replicas fit less than {threshold:.0%} of {sizes[0]:g} examples: " + (
            "add smaller ones"
        )
    own = np.where(below, sizes[0] / 2, own)
    unknown = below.mean() * sizes[0] / 2
    mean, error = mean_and_error(own)
    halves = [np.arange(first, len(sizes), 2) for first in (0, 1)]
    shifts = [0.0]
    for half in halves:
        thinned = capacities(sizes[half], accuracy[:, half], threshold)
        thinned = np.where(thinned == 0, sizes[half][0] / 2, thinned)
        if np.isfinite(thinned).all():
            shifts.append(abs(float(thinned.mean() - mean)))
    return (float(mean), float(np.sqrt(error**2 + (max(shifts) / 2) ** 2 + unknown**2))), None
