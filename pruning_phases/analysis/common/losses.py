"""Test losses over p_train, a control and training-set sizes, read from the runs of one system."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.common.systems import ids_of
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import pooled
from pruning_phases.statistics.crossings import SampledCurve
from pruning_phases.statistics.curves import Curve, SizedCurve
from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.phases import loss_grid
from pruning_phases.statistics.resampling import replica_fractions, resampled_deviations

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

SPARSITY = "sparsity"  # a column that is added to the observables: 1 - density


def losses_of(records: list[RunRecord], control: str) -> Losses:
    """The test losses of one system's runs, at the p_train that all of their replicas have."""
    where = ids_of(records)
    table = pooled(records, RunRecord.observables)
    table = table.assign(**{SPARSITY: 1 - table["density"]})
    table = _with_shared_rates(_along(table, control, where))
    axis = "p_eval" if control == "p_eval" else SPARSITY
    levels, values = loss_grid(table, axis)
    shape = values.shape
    if shape[3] < 2:
        raise UserError(
            f"{where}: {shape[3]} replicas have a loss at every point: errors need two or more "
            "(num_replicas)"
        )
    if shape[1] < 2 and control == "p_eval" and table["density"].nunique() > 1:
        raise UserError(f"{where}: one p_eval and several densities: give control=density")
    if shape[1] < 2 or shape[2] < 3:
        raise UserError(
            f"{where}: {shape[1]} values of {control} and {shape[2]} training-set sizes: 2 and 3 "
            "are needed; train with dropout_phase=grid and dataset.train_sizes=[A,B,C]"
        )
    num_classes = records[0].info()["data"]["num_classes"]
    p_train, along, sizes = levels
    return Losses(p_train, along, sizes, values, num_classes)


def _with_shared_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Select the p_train of every replica: refined runs of several seeds differ in the others."""
    rates = table.groupby("replica")["p_train"].agg(set)
    return table[table["p_train"].isin(set.intersection(*rates))]


def _along(table: pd.DataFrame, control: str, where: str) -> pd.DataFrame:
    """Select the rows in which only the control varies: dense networks, or all at one p_eval."""
    if control == "p_eval":
        return table[table["step"] == 0]
    if table["p_eval"].nunique() > 1:
        raise UserError(
            f"{where}: control=density needs one p_eval, and there are "
            f"{table['p_eval'].nunique()}: train with dropout_phase.p_eval=[0]"
        )
    return table[table["num_kept"] > 0]


def within(losses: Losses, window: list[float] | None) -> Losses:
    """Select the losses whose control lies in the window [LOW, HIGH]; None: all."""
    if window is None:
        return losses
    inside = (losses.control >= window[0]) & (losses.control <= window[1])
    if not inside.any():
        raise UserError(f"window={window}: the control goes from {losses.control.min():g} to "
                        f"{losses.control.max():g}")  # fmt: skip
    return replace(losses, control=losses.control[inside], values=losses.values[:, inside])


def curves_by_size(losses: Losses, row: int) -> list[SizedCurve]:
    """The loss over the control at one p_train, one curve per training-set size."""
    return [
        SizedCurve(float(size), float(size), Curve(losses.control, losses.values[row, :, index].T))
        for index, size in enumerate(losses.sizes)
    ]


def loss_curves(losses: Losses, row: int, batch: int, seed: int) -> list[SampledCurve]:
    """ln L over the control, one curve per size; the same replicas are resampled for all sizes."""
    values = np.log(losses.values[row])  # [control, size, replicas]
    fractions = replica_fractions(np.random.default_rng(seed), values.shape[2], batch)
    curves = []
    for index, size in enumerate(losses.sizes):
        mean, error = mean_and_error(values[:, index], axis=1)
        draws = mean + resampled_deviations(values[:, index].T, fractions)
        floor = 1e-3 * max(float(np.median(error)), 1e-9)
        curves.append(
            SampledCurve(float(size), losses.control, mean, np.maximum(error, floor), draws)
        )
    return curves


@dataclass(frozen=True)
class Losses:
    """Test losses [p_train, control, size, replicas] in nats, with their axes.

    The control is p_eval, or the sparsity: the fraction of the weights that is pruned.
    """

    p_train: Array
    control: Array
    sizes: Array
    values: Array
    num_classes: int

    @property
    def at_largest(self) -> Array:
        """Losses at the largest training set: [p_train, control, replicas]."""
        return self.values[:, :, -1]
