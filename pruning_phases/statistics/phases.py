"""Phases of dropout from losses: the exponent of the loss, and the rates to measure next.

In: losses over p_train, a control and training-set sizes. Out: exponents, further p_train. The
analysis reads the phases of finished runs from them, and a run that is refined its next networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

LEAST_ALPHA = 0.05  # alpha above this counts as learning from more data

LEAST_GAIN = 0.05  # fraction of ln C by which the best control lowers the loss of able networks

MOST_RATES = 2  # further p_train per round of refinement

FINEST_INTERVAL = 0.04  # of p_train: its middle is within 0.02 of every point

EUMENTIA, DEMENTIA, AMENTIA = range(3)


def scaling_exponent(sizes: ArrayLike, losses: ArrayLike) -> Array:
    """alpha = -d ln L / d ln N by least squares over ln N: losses [..., sizes] -> [...].

    Dimensionless; positive if the loss falls with more data. arXiv 2603.12316.
    """
    x = np.log(np.asarray(sizes, dtype=np.float64))
    y = np.log(np.asarray(losses, dtype=np.float64))
    centred = x - x.mean()
    return -(y * centred).sum(axis=-1) / (centred**2).sum()


def likely_phases(sizes: ArrayLike, losses: ArrayLike, num_classes: int) -> NDArray[np.int64]:
    """Phase [p_train, control] by the means over replicas: EUMENTIA, DEMENTIA or AMENTIA.

    losses [p_train, control, sizes, replicas] in nats. Eumentia: alpha > LEAST_ALPHA. Amentia: at
    the largest size no control lowers the loss by LEAST_GAIN ln C below ln C. No errors: it
    decides where to measure, not what is claimed.
    """
    values = np.asarray(losses, dtype=np.float64)
    alpha = scaling_exponent(sizes, np.moveaxis(values, 2, -1)).mean(axis=-1)
    gain = np.log(num_classes) - values[:, :, -1].mean(axis=-1).min(axis=1)
    able = gain > LEAST_GAIN * np.log(num_classes)
    return np.where(able[:, None], np.where(alpha > LEAST_ALPHA, EUMENTIA, DEMENTIA), AMENTIA)


def further_rates(p_train: ArrayLike, phases: ArrayLike) -> list[float]:
    """Middles of the intervals of p_train across which the phases differ at most controls.

    p_train [columns] ascending, phases [columns, control]. At most MOST_RATES intervals, the wider
    first where as many controls differ; none of FINEST_INTERVAL or less.
    """
    rates, phase = np.asarray(p_train, dtype=np.float64), np.asarray(phases)
    differ = (phase[1:] != phase[:-1]).sum(axis=1)
    width = np.diff(rates)
    wide = width > FINEST_INTERVAL * (1 + 1e-9)
    order = np.lexsort((rates[:-1], -width, -differ))
    chosen = [left for left in order if differ[left] and wide[left]][:MOST_RATES]
    return sorted(round(float(rates[left] + rates[left + 1]) / 2, 9) for left in chosen)


def loss_grid(table: pd.DataFrame, axis: str) -> tuple[list[Array], Array]:
    """Losses [p_train, axis, train_size, replica] of observables, and the first three axes.

    Without the replicas that lack a point.
    """
    names = ["p_train", axis, "train_size"]
    wide = table.pivot_table(
        index=names, columns="replica", values="loss", dropna=False
    ).dropna(axis="columns")  # fmt: skip
    levels = [np.unique(table[name]).astype(np.float64) for name in names]
    return levels, wide.to_numpy().reshape(*map(len, levels), wide.shape[1])
