"""Finite-size scaling: the parameters that collapse the curves of all sizes, with errors.

In: points, an ansatz and their noise. Out: a collapse. The search needs no starting guess, and the
scaling function f is not assumed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_distribution

from pruning_phases.analysis.collapse.ansatz import Ansatz, MakeAnsatz
from pruning_phases.analysis.collapse.errors import Estimate, Refitted, estimates_of, widest_of
from pruning_phases.analysis.collapse.optimum import Optimum, find_optimum
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.subsets import Fit, fits_to_parts

Array = NDArray[np.float64]

Noise = Callable[[np.random.Generator, int], Array]  # generator, batch -> [batch, points]

UNDECIDED = "undecided"

POOR = 3.0  # chi^2/dof above which an ansatz does not describe the data

DECISIVE = 2.0  # difference of the information criterion at which one ansatz is preferred

MISFIT = 1e-3  # probability of so large, or so small, a chi^2 below which a note is added


@dataclass(frozen=True)
class Collapse:
    """The best fit of one ansatz to all points, and its parameters with errors."""

    ansatz: Ansatz
    points: Points
    optimum: Optimum
    estimates: dict[str, Estimate]
    num_resampled: int
    fits: list[Fit]  # to parts of the points; the first one to all
    averaged: list[Refitted]  # those from which the parameters come
    known_errors: bool = True  # False: the points' errors are those of their scatter

    @property
    def chi2_per_dof(self) -> float:
        return self.optimum.chi2 / self.optimum.dof(self.ansatz, self.points)

    @property
    def widest(self) -> Fit:
        """The acceptable fit to the most points."""
        return widest_of(self.fits)

    @property
    def notes(self) -> list[str]:
        """Warnings that belong to the numbers, one line each."""
        found = []
        widest, chi2, dof = self.widest, self.widest.optimum.chi2, self.widest.dof
        if widest is not self.fits[0]:
            found.append(
                f"chi2/dof of all points is {self.chi2_per_dof:.2g}: the parameters come from "
                "windows, without the smallest sizes, or with a correction"
            )
        said = f"chi2/dof is {widest.chi2_per_dof:.2g} (dof {dof})"
        if not self.known_errors:
            found.append(
                "the errors of the points are those of their scatter: the errors of the "
                "parameters are in proportion to sqrt(chi2/dof)"
            )
        elif chi2_distribution.sf(chi2, dof) < MISFIT:
            found.append(
                f"{said}: the curves do not fall onto one within their errors; a "
                "window=[LOW,HIGH] nearer to the critical point may help"
            )
        elif chi2_distribution.cdf(chi2, dof) < MISFIT:
            found.append(f"{said}: the errors of the points look too large, or are not independent")
        if len(self.points.sizes) < 3:
            found.append("two sizes: fits without the smallest size or with a correction need more")
        return found


def fit_collapse(
    make: MakeAnsatz,
    points: Points,
    *,
    noise: Noise | None = None,
    num_resampled: int = 500,
    seed: int = 0,
    correction: float | None = None,
    known_errors: bool = True,
) -> Collapse:
    """Fit the best collapse of ``points`` and the errors of its parameters.

    ``noise`` samples deviations of the values from their means; by default Gaussian ones with the
    points' errors. ``correction``: omega of a correction to scaling in every fit; None decides from
    the data. ``known_errors`` False: chi^2/dof sets the scale of the points' errors.
    """
    ansatz = make(points.control, points.size)
    optimum = find_optimum(ansatz, points, correction)
    fits = fits_to_parts(make, points, optimum, correction)
    deviations = (noise or gaussian_noise(points))(np.random.default_rng(seed), num_resampled)
    estimates, averaged = estimates_of(fits, deviations, known_errors)
    return Collapse(ansatz, points, optimum, estimates, num_resampled, fits, averaged, known_errors)


def gaussian_noise(points: Points) -> Noise:
    """Independent Gaussian deviations with the points' errors."""
    return lambda generator, batch: points.error * generator.standard_normal((batch, len(points)))


def misfit(*chi2_per_dof: float) -> float:
    """Divisor of a difference of information criteria: the smallest chi^2/dof, 1 if it is less."""
    return max(1.0, min(chi2_per_dof))


def preferred(first: Collapse, second: Collapse) -> tuple[str, str | None]:
    """The ansatz with the smaller Bayesian information criterion, or ``undecided`` and the reason.

    If neither fits within the errors, the difference is divided by the smaller chi^2/dof; beyond
    POOR neither describes the data, and none is preferred.
    """
    if all(one.estimates["critical_point"].value is None for one in (first, second)):
        return UNDECIDED, "neither ansatz has a determined critical point"
    scale = misfit(first.chi2_per_dof, second.chi2_per_dof)
    if scale > POOR:
        return UNDECIDED, f"neither ansatz describes the data (chi2/dof above {POOR:g})"
    difference = (second.optimum.bic - first.optimum.bic) / scale
    if abs(difference) < DECISIVE:
        return UNDECIDED, "the two ansatzes describe the data equally well"
    return (first if difference > 0 else second).ansatz.name, None
