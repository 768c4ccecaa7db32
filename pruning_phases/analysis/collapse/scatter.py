"""Errors of points that came without any, from the scatter of neighbouring points."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pruning_phases.errors import UserError

if TYPE_CHECKING:
    from pruning_phases.analysis.collapse.points import Points

Array = NDArray[np.float64]

NEIGHBOURS = 4  # points of a difference that vanishes for every parabola

FEWEST = 8  # points of every size from which the sizes get levels of their own

ROUNDING = 1e-12  # of the values, dimensionless: smaller differences are not a scatter

MEDIAN = 0.6744897501960817  # of |x|, x a standard Gaussian variable


def with_errors_from_scatter(points: Points, where: str) -> Points:
    """Give the points the errors that the scatter of neighbouring points suggests.

    error = s_L, or s_L |y| if that is likelier for all differences together. The level s_L of a
    size is the median of |differences| / MEDIAN without those that are 0, in units of the value or
    dimensionless. Where a curve is steep it adds to the differences, so a collapse rescales these
    errors by sqrt(chi^2/dof). Raises UserError for values that do not scatter.
    """
    found = [_errors(points, shape) for shape in (np.ones(len(points)), np.abs(points.value))]
    error, likelihood = max(found, key=lambda one: one[1])
    if not np.isfinite(likelihood):
        raise UserError(
            f"{where}: the values do not scatter, and there is no column error: add one"
        )
    return replace(points, error=error)


def _errors(points: Points, shape: Array) -> tuple[Array, float]:
    """Errors [points] proportional to ``shape``, and their log likelihood; -inf if one is 0."""
    parts = [np.flatnonzero(points.size == size) for size in points.sizes]
    groups = parts if min(map(len, parts)) >= FEWEST else [np.concatenate(parts)]
    error, likelihood = np.zeros(len(points)), 0.0
    for group in groups:
        scatter = [
            differences(points.control[part], points.value[part], shape[part])
            for part in parts
            if np.isin(part, group).all() and len(part) >= NEIGHBOURS
        ]
        off, width = np.concatenate(scatter, axis=1) if scatter else np.zeros((2, 1))
        usable = width > 0
        if not usable.any() or not (shape[group] > 0).all():
            return error, -np.inf
        ratio = np.abs(off[usable]) / width[usable]
        moving = ratio > ROUNDING * (np.abs(points.value[group]) / shape[group]).max()
        if not moving.any():
            return error, -np.inf
        level = np.median(ratio[moving]) / MEDIAN
        error[group] = level * shape[group]
        likelihood -= float((np.log(level * width[usable]) + (ratio / level) ** 2 / 2).sum())
    return error, likelihood


def differences(control: Array, value: Array, shape: Array) -> Array:
    """Third differences of neighbouring points and their widths, [2, points - 3].

    d_i = sum_j w_ij y_j over four neighbours, with sum_j w_ij p_j^n = 0 for n = 0, 1, 2 and
    sum_j w_ij^2 = 1, so that d_i has the variance width_i^2 = sum_j (w_ij shape_j)^2 if y_j has
    the variance shape_j^2. Control p and value y in any order and in units of the data.
    """
    order = np.argsort(control)
    windows = np.lib.stride_tricks.sliding_window_view
    p, y, s = (windows(array[order], NEIGHBOURS) for array in (control, value, shape))
    reach = np.ptp(p, axis=1)[:, None, None]
    apart = (p[:, :, None] - p[:, None, :]) / reach + np.eye(NEIGHBOURS)
    weight = 1 / apart.prod(axis=2)  # of a divided difference
    weight /= np.sqrt((weight**2).sum(axis=1, keepdims=True))
    return np.stack([(weight * y).sum(axis=1), np.sqrt(((weight * s) ** 2).sum(axis=1))])
