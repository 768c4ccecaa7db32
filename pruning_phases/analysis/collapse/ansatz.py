"""Ansatzes of finite-size scaling: one scaled variable from control and size.

Each ansatz is y(p, L) = L^a f(x) with an unknown function f. Parameters are [batch, parameters],
control and size [points] in the units of the data (size > 0, dimensionless), and results
[batch, points].
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pruning_phases.statistics.least_squares import AT_BOUND, Box

Array = NDArray[np.float64]

LOG_NU = (np.log(0.1), np.log(20.0))

POWER_OF_SIZE = (-3.0, 3.0)

Range = tuple[float, float]  # of a parameter's search; with equal ends it is known

LOG_DISTANCE = (np.log(0.05), np.log(12.0))  # of ln(smallest size / L0)


@dataclass(frozen=True)
class Ansatz:
    """One ansatz: its search box, its scaled axes, and the parameters that are quoted."""

    name: str
    box: Box
    axes: Callable[[Array, Array, Array], tuple[Array, Array]]
    quoted: Callable[[Array], dict[str, Array]]
    searched: tuple[tuple[str, float, float], ...]  # name and bounds of each searched parameter
    corrected: bool  # a correction L^-omega is tried, and the fits to parts are averaged

    @property
    def num_free(self) -> int:
        return int((self.box.width > 0).sum())

    @property
    def fixed(self) -> set[str]:
        """Names of the parameters that are not fitted."""
        return {
            name for (name, _, _), width in zip(self.searched, self.box.width, strict=True)
            if width == 0
        }  # fmt: skip


MakeAnsatz = Callable[[Array, Array], Ansatz]  # control, size -> ansatz with its search box


def power_law_axes(theta: Array, control: Array, size: Array) -> tuple[Array, Array]:
    """y(p, L) = L^(-beta/nu) f(x), x = (p - p_c) L^(1/nu): returns x and L^(-beta/nu).

    theta = (p_c, ln nu, beta/nu). Above p_c x > 0. Continuous phase transitions, finite-size
    scaling (Fisher and Barber 1972); arXiv 2602.15224 eqs. 3 and 4 are its limit of infinite size.
    """
    critical, log_nu, ratio = (theta[:, index, None] for index in range(3))
    log_size = np.log(size)
    return (control - critical) * np.exp(log_size / np.exp(log_nu)), np.exp(-ratio * log_size)


def bkt_axes(theta: Array, control: Array, size: Array) -> tuple[Array, Array]:
    """y(p, L) = L^Delta f(x), x = (p - p_c) (ln L/L0)^(1/sigma): returns x and L^Delta.

    theta = (p_c, sigma, ln ln L_min/L0, Delta), L_min the smallest size in ``size``. From
    xi ~ exp(b |p - p_c|^(-sigma)) at L ~ xi (Kosterlitz 1974, sigma = 1/2); arXiv 2603.12316.
    """
    critical, sigma, log_distance, delta = (theta[:, index, None] for index in range(4))
    log_size = np.log(size)
    logarithm = np.exp(log_distance) + log_size - log_size.min()
    return (control - critical) * logarithm ** (1 / sigma), np.exp(delta * log_size)


def power_law(
    control: Array, size: Array, nu: float | None = None, beta: float | None = None,
    critical: Range | None = None,
) -> Ansatz:  # fmt: skip
    """The power-law ansatz; None fits nu or beta, and searches p_c within the measured controls.

    With a known beta the third parameter is beta in place of beta/nu.
    """

    def quoted(theta: Array) -> dict[str, Array]:
        fitted_nu = np.exp(theta[..., 1])
        fitted_beta = theta[..., 2] * (fitted_nu if beta is None else 1.0)
        return {"critical_point": theta[..., 0], "nu": fitted_nu, "beta": fitted_beta}

    def axes(theta: Array, control: Array, size: Array) -> tuple[Array, Array]:
        if beta is not None:
            theta = theta.copy()
            theta[:, 2] /= np.exp(theta[:, 1])
        return power_law_axes(theta, control, size)

    log_nu = LOG_NU if nu is None else (np.log(nu), np.log(nu))
    third = POWER_OF_SIZE if beta is None else (beta, beta)
    box = _box(control, critical, log_nu, third)
    searched = (
        ("critical_point", *(critical or _ends(control))),
        ("nu", *np.exp(log_nu)),
        ("beta/nu" if beta is None else "beta", *third),
    )
    return Ansatz("power_law", box, axes, quoted, searched, corrected=True)


def one_curve(control: Array, size: Array) -> Ansatz:
    """y(p, L) = f(p): the curves of all sizes are one, without a scaled variable.

    Its one parameter has no effect and is fixed.
    """

    def axes(theta: Array, control: Array, size: Array) -> tuple[Array, Array]:
        shape = (len(theta), len(control))
        return np.broadcast_to(control, shape), np.ones(shape)

    box = Box(np.zeros(1), np.zeros(1))
    searched = (("none", 0.0, 0.0),)
    return Ansatz("one_curve", box, axes, lambda theta: {}, searched, corrected=False)


def bkt(
    control: Array, size: Array, sigma: float | None = 0.5, delta: float | None = None,
    critical: Range | None = None,
) -> Ansatz:  # fmt: skip
    """The BKT ansatz; None fits sigma or delta, and searches p_c within the measured controls.

    Its corrections are logarithmic and L0 holds the leading one, so that no power of L is tried.
    Critical point and L0 depend on each other so strongly that fits to small parts have several
    minima: the fit to the most points is quoted, not the average.
    """
    smallest = float(size.min())

    def quoted(theta: Array) -> dict[str, Array]:
        return {
            "critical_point": theta[..., 0],
            "sigma": theta[..., 1],
            "L0": smallest * np.exp(-np.exp(theta[..., 2])),
            "Delta": theta[..., 3],
        }

    sigmas = (0.1, 3.0) if sigma is None else (sigma, sigma)
    deltas = POWER_OF_SIZE if delta is None else (delta, delta)
    box = _box(control, critical, sigmas, LOG_DISTANCE, deltas)
    searched = (
        ("critical_point", *(critical or _ends(control))),
        ("sigma", *sigmas),
        ("L0", *(smallest * np.exp(-np.exp(end)) for end in reversed(LOG_DISTANCE))),
        ("Delta", *deltas),
    )
    return Ansatz("bkt", box, bkt_axes, quoted, searched, corrected=False)


def _ends(control: Array) -> Range:
    return float(control.min()), float(control.max())


def _box(control: Array, critical: Range | None, *bounds: Range) -> Box:
    """Bounds of the search; a critical point within a tenth of a step of an end counts as on it."""
    places = np.unique(control)
    lower, upper = np.array([critical or _ends(control), *bounds], dtype=np.float64).T
    margin = AT_BOUND * (upper - lower)
    margin[0] = min(margin[0], np.diff(places).min() / 10)
    return Box(lower, upper, margin)
