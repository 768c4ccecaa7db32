"""Many small nonlinear least-squares problems at once: Levenberg-Marquardt over a batch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Residuals = Callable[[Array], Array]  # [batch, parameters] -> [batch, points], in units of errors

DIFFERENCE = 1e-6  # step of the numerical derivatives, in units of the box

AT_BOUND = 1e-4  # nearer to a bound than this fraction of the box counts as on it


@dataclass(frozen=True)
class Box:
    """Bounds of the parameters, [parameters] each."""

    lower: Array
    upper: Array
    margin: Array | None = None  # distance that counts as on a bound; None: AT_BOUND of the width

    @property
    def width(self) -> Array:
        return self.upper - self.lower

    def on_bound(self, parameters: Array) -> NDArray[np.bool_]:
        """True [..., parameters] for parameters on a bound; never for fixed parameters."""
        margin = AT_BOUND * self.width if self.margin is None else self.margin
        outside = (parameters <= self.lower + margin) | (parameters >= self.upper - margin)
        return outside & (self.width > 0)


@dataclass(frozen=True)
class Minima:
    """Minima of a batch of fits."""

    parameters: Array  # [batch, parameters]
    chi2: Array  # [batch]
    converged: NDArray[np.bool_]  # [batch]


def minimize(residuals: Residuals, start: Array, box: Box, max_iterations: int = 60) -> Minima:
    """Minimize chi^2 = sum of squared residuals in every row of ``start``, inside the box.

    Levenberg-Marquardt with forward differences; a parameter that is on its bound and pushed
    outwards stays there. All rows step together, and each accepts or rejects its own step.
    """
    theta = np.clip(start, box.lower, box.upper).astype(np.float64)
    current = residuals(theta)
    chi2 = _sum_squares(current)
    damping = np.full(len(theta), 1e-2)
    converged = np.zeros(len(theta), dtype=bool)
    for _ in range(max_iterations):
        step, predicted = _step(residuals, theta, current, box, damping)
        trial = np.clip(theta + step, box.lower, box.upper)
        tried = residuals(trial)
        tried_chi2 = _sum_squares(tried)
        better = tried_chi2 < chi2
        converged |= predicted <= 1e-6 * (1 + 1e-3 * chi2)
        converged |= better & (chi2 - tried_chi2 <= 1e-7 * (1 + chi2))
        theta = np.where(better[:, None], trial, theta)
        current = np.where(better[:, None], tried, current)
        chi2 = np.where(better, tried_chi2, chi2)
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-9, 1e9)
        converged |= damping >= 1e9
        if converged.all():
            break
    return Minima(theta, chi2, converged)


def _step(
    residuals: Residuals, theta: Array, current: Array, box: Box, damping: Array
) -> tuple[Array, Array]:
    """The damped step [batch, parameters] and the decrease of chi^2 it predicts [batch]."""
    width = np.where(box.width > 0, box.width, 1.0)
    jacobian = jacobian_of(residuals, theta, current, box) * width
    gradient = np.einsum("bnp,bn->bp", jacobian, current)
    outwards = (theta <= box.lower) & (gradient > 0) | (theta >= box.upper) & (gradient < 0)
    jacobian = np.where(outwards[:, None, :], 0.0, jacobian)
    gradient = np.where(outwards, 0.0, gradient)
    curvature = np.swapaxes(jacobian, 1, 2) @ jacobian
    diagonal = np.einsum("bpp->bp", curvature)
    floor = 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-30
    damped = curvature + (damping[:, None] * diagonal + floor)[:, :, None] * np.eye(theta.shape[1])
    step = -np.linalg.solve(damped, gradient[:, :, None])[:, :, 0]
    predicted = -np.einsum("bp,bp->b", gradient, step)
    return np.clip(step, -0.2, 0.2) * width, predicted


def jacobian_of(residuals: Residuals, theta: Array, current: Array, box: Box) -> Array:
    """Derivatives d residual / d parameter [batch, points, parameters]; 0 for fixed parameters."""
    columns = []
    for index, width in enumerate(box.width):
        if width == 0:
            columns.append(np.zeros_like(current))
            continue
        # Downwards at the upper bound, so that no residual is evaluated outside the box.
        inner = np.where(theta[:, index] + DIFFERENCE * width > box.upper[index], -1.0, 1.0)
        change = inner * DIFFERENCE * width
        moved = theta.copy()
        moved[:, index] += change
        columns.append((residuals(moved) - current) / change[:, None])
    return np.stack(columns, axis=2)


def _sum_squares(residual: Array) -> Array:
    total = np.einsum("bn,bn->b", residual, residual)
    return np.where(np.isfinite(total), total, np.inf)


def weighted_line(
    x: Array, y: Array, error: Array
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Intercept and slope of a weighted line, with errors widened by sqrt(chi^2/dof) above 1."""
    design = np.stack([np.ones_like(x), x], axis=1) / error[:, None]
    covariance = np.linalg.inv(design.T @ design)
    parameters = covariance @ design.T @ (y / error)
    chi2 = ((y / error - design @ parameters) ** 2).sum()
    widen = np.sqrt(max(1.0, chi2 / max(len(x) - 2, 1)))
    errors = widen * np.sqrt(np.diag(covariance))
    return (
        (float(parameters[0]), float(errors[0])),
        (float(parameters[1]), float(errors[1])),
    )
