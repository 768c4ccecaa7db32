"""Finite-size scaling: the parameters that collapse the curves of all sizes, with errors.

In: points, an ansatz and their noise. Out: a collapse. The search needs no starting guess, and the
scaling function f is not assumed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2 as chi2_distribution

from pruning_phases.analysis.collapse.ansatz import Ansatz
from pruning_phases.analysis.collapse.errors import (
    Estimate,
    MakeAnsatz,
    estimates_of,
    inner_half,
    refit,
    resampled_parameters,
    without_smallest,
)
from pruning_phases.analysis.collapse.optimum import Optimum, find_optimum
from pruning_phases.analysis.collapse.points import Points

Array = NDArray[np.float64]

Noise = Callable[[np.random.Generator, int], Array]  # generator, batch -> [batch, points]

UNDECIDED = "undecided"

POOR = 3.0  # chi^2/dof above which an ansatz does not describe the data

DECISIVE = 2.0  # difference of the information criterion at which one ansatz is preferred

MISFIT = 1e-3  # probability of so large, or so small, a chi^2 below which a note is added


@dataclass(frozen=True)
class Collapse:
    """The best fit of one ansatz, its parameters with errors."""

    ansatz: Ansatz
    points: Points
    optimum: Optimum
    estimates: dict[str, Estimate]
    num_resampled: int

    @property
    def chi2_per_dof(self) -> float:
        return self.optimum.chi2 / self.optimum.dof(self.ansatz, self.points)

    @property
    def notes(self) -> list[str]:
        """Warnings that belong to the numbers, one line each."""
        found = []
        dof = self.optimum.dof(self.ansatz, self.points)
        said = f"chi2/dof is {self.chi2_per_dof:.2g} (dof {dof})"
        if chi2_distribution.sf(self.optimum.chi2, dof) < MISFIT:
            found.append(
                f"{said}: the curves do not fall onto one within their errors; a "
                "window=[LOW,HIGH] nearer to the critical point or correction=1 may help"
            )
        elif chi2_distribution.cdf(self.optimum.chi2, dof) < MISFIT:
            found.append(f"{said}: the errors of the points look too large")
        if len(self.points.sizes) < 3:
            found.append("two sizes: the drift without the smallest size needs three")
        return found


def fit_collapse(
    make: MakeAnsatz,
    points: Points,
    *,
    noise: Noise | None = None,
    num_resampled: int = 500,
    seed: int = 0,
    correction: float | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Collapse:
    """Fit the best collapse of ``points`` and the errors of its parameters.

    ``noise`` samples deviations of the values from their means; by default Gaussian ones with the
    points' errors. ``correction``: omega of a correction to scaling.
    """
    ansatz = make(points.control, points.size)
    optimum = find_optimum(ansatz, points, correction)
    progress(1)
    deviations = (noise or gaussian_noise(points))(np.random.default_rng(seed), num_resampled)
    refits = resampled_parameters(ansatz, points, optimum, deviations)
    progress(2)
    drifts = {
        "drift_size": refit(make, without_smallest(points), optimum, correction),
        "drift_window": refit(make, inner_half(points, optimum.theta[0]), optimum, correction),
    }
    estimates = estimates_of(ansatz, points, optimum, refits, drifts)
    progress(3)
    return Collapse(ansatz, points, optimum, estimates, num_resampled)


def gaussian_noise(points: Points) -> Noise:
    """Independent Gaussian deviations with the points' errors."""
    return lambda generator, batch: points.error * generator.standard_normal((batch, len(points)))


def preferred(first: Collapse, second: Collapse) -> tuple[str, str | None]:
    """The ansatz with the smaller Bayesian information criterion, or ``undecided`` and the reason.

    If neither fits within the errors, the difference is divided by the smaller chi^2/dof; beyond
    POOR neither describes the data, and none is preferred.
    """
    if all(one.estimates["critical_point"].value is None for one in (first, second)):
        return UNDECIDED, "neither ansatz has a determined critical point"
    scale = max(1.0, min(first.chi2_per_dof, second.chi2_per_dof))
    if scale > POOR:
        return UNDECIDED, f"neither ansatz describes the data (chi2/dof above {POOR:g})"
    difference = (second.optimum.bic - first.optimum.bic) / scale
    if abs(difference) < DECISIVE:
        return UNDECIDED, "the two ansatzes describe the data equally well"
    return (first if difference > 0 else second).ansatz.name, None
