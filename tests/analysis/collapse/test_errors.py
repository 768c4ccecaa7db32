"""Quoted errors of a collapse: their parts, and parameters that are not determined."""

import re

import numpy as np
import pytest

from pruning_phases.analysis.collapse import errors
from pruning_phases.analysis.collapse.ansatz import bkt, power_law
from pruning_phases.analysis.collapse.errors import (
    estimates_of,
    resampled_parameters,
    widest_of,
)
from pruning_phases.analysis.collapse.fit import gaussian_noise
from pruning_phases.analysis.collapse.optimum import Optimum, find_optimum
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import ScalingFunction
from pruning_phases.analysis.collapse.subsets import Fit
from tests.support.planted import planted_power_law

CONTROL, SIZE = (a.ravel() for a in np.meshgrid(np.linspace(0, 1, 21), [10.0, 20.0, 80.0]))
POINTS = Points(CONTROL, SIZE, np.ones_like(CONTROL), np.ones_like(CONTROL))
THETA = np.array([0.5, 0.0, 0.25])  # nu = 1, so that beta is the third parameter
DOF = len(CONTROL) - 8 - 3
NOISE = np.zeros((1, len(CONTROL)))


def fit_of(theta=THETA, chi2_per_dof=1.0, window=1.0, correction=None, make=power_law):
    """The fit to the first points, with given parameters."""
    function = ScalingFunction(8, False, correction)
    chosen = np.arange(round(window * len(POINTS)))
    part = POINTS.where(chosen)
    ansatz = make(CONTROL, SIZE)
    dof = Optimum(theta, 0, function, theta, function, 0).dof(ansatz, part)
    optimum = Optimum(theta, chi2_per_dof * dof, function, theta, function, 0)
    return Fit(ansatz, optimum, part, chosen, 0, window, 1.0)


def scattered(monkeypatch, deviation=0.01, count=20_000, on_bound=0.0):
    """Let refits scatter about the fit: critical point by ``deviation``, beta twice as much."""
    scale = deviation * np.random.default_rng(0).standard_normal((count, 1))

    def refits(ansatz, _, optimum, *__):
        there = optimum.smooth_theta + scale * np.array([1.0, 0.0, 2.0])
        there[: int(on_bound * count), 0] = ansatz.box.upper[0]
        return there

    def corrected(fit, fits):
        return next((other for other in fits if other.correction and not fit.correction), None)

    monkeypatch.setattr(errors, "resampled_parameters", refits)
    monkeypatch.setattr(errors, "with_correction", corrected)


def test_the_statistical_error_is_the_half_width_of_the_refits(monkeypatch):
    scattered(monkeypatch)
    found, averaged = estimates_of([fit_of()], NOISE)
    assert found["critical_point"].statistical == pytest.approx(0.01, rel=0.03)
    assert found["beta"].statistical == pytest.approx(0.02, rel=0.03)
    assert found["critical_point"].error == found["critical_point"].statistical
    assert found["critical_point"].spread == 0 and len(averaged) == 1


@pytest.mark.parametrize(
    ("chi2_per_dof", "known", "factor"),
    [(0.5, True, 1.0), (1.0, True, 1.0), (4.0, True, 2.0), (4.0, False, 2.0), (0.25, False, 0.5)],
)
def test_chi2_widens_the_error_and_narrows_that_of_unknown_noise(
    monkeypatch, chi2_per_dof, known, factor
):
    scattered(monkeypatch)
    found, _ = estimates_of([fit_of(chi2_per_dof=chi2_per_dof)], NOISE, known)
    assert found["beta"].statistical == pytest.approx(factor * 0.02, rel=0.03)


def test_the_parts_of_an_error_are_added_in_quadrature(monkeypatch):
    scattered(monkeypatch)
    shifted = fit_of(THETA + np.array([0.06, 0, 0]), correction=1.0)
    found, averaged = estimates_of([fit_of(), shifted], NOISE)
    critical = found["critical_point"]
    assert len(averaged) == 2 and critical.value == pytest.approx(0.53)
    assert critical.spread == pytest.approx(0.03) and critical.shift == pytest.approx(0.06)
    total = np.sqrt(critical.statistical**2 + 0.03**2 + 0.06**2)
    assert critical.error == pytest.approx(total)
    assert found["beta"].spread == pytest.approx(0, abs=1e-12)


def test_a_fit_that_does_not_describe_its_points_does_not_count(monkeypatch):
    scattered(monkeypatch)
    far = fit_of(THETA + np.array([0.3, 0, 0]), chi2_per_dof=3.0)
    near = fit_of(window=0.8)
    found, averaged = estimates_of([far, near], NOISE)
    assert [one.fit for one in averaged] == [near] and widest_of([far, near]) is near
    assert found["critical_point"].value == 0.5


@pytest.mark.parametrize(
    ("theta", "said"),
    [
        (np.array([0.0, 0.0, 0.25]), r"the fit ends on a bound of critical_point, \[0, 1\]"),
        (np.array([0.5, np.log(20), 0.25]), r"the fit ends on a bound of nu, \[0\.1, 20\]"),
        (np.array([0.5, 0.0, -3.0]), r"the fit ends on a bound of beta/nu"),
    ],
)
def test_one_parameter_on_a_bound_leaves_all_undetermined_with_the_reason(monkeypatch, theta, said):
    scattered(monkeypatch)
    for estimate in estimates_of([fit_of(theta), fit_of(window=0.8)], NOISE)[0].values():
        assert estimate.value is None and estimate.error is None
        assert re.match(said, estimate.reason)


def test_most_fits_on_a_bound_leave_the_parameters_undetermined(monkeypatch):
    scattered(monkeypatch)
    lost = [fit_of(np.array([0.0, 0.0, 0.25]), window=w) for w in (0.9, 0.8, 0.7)]
    assert estimates_of([fit_of(), *lost[:1]], NOISE)[0]["nu"].value is not None
    found, averaged = estimates_of([fit_of(), *lost], NOISE)
    assert found["nu"].value is None and "critical_point" in found["nu"].reason and not averaged


@pytest.mark.parametrize(("fraction", "determined"), [(0.1, True), (0.2, False)])
def test_many_refits_on_a_bound_leave_the_parameters_undetermined(
    monkeypatch, fraction, determined
):
    scattered(monkeypatch, count=1000, on_bound=fraction)
    found = estimates_of([fit_of()], NOISE)[0]["critical_point"]
    assert (found.value is not None) == determined
    assert determined or "over 16% of the refits end on a bound" in found.reason


@pytest.mark.parametrize(("chi2_per_dof", "determined"), [(99.0, True), (101.0, False)])
def test_a_hopeless_chi2_in_every_window_leaves_no_number(monkeypatch, chi2_per_dof, determined):
    scattered(monkeypatch)
    fits = [fit_of(chi2_per_dof=300.0), fit_of(chi2_per_dof=chi2_per_dof, window=0.8)]
    found, averaged = estimates_of(fits, NOISE)
    assert bool(averaged) == determined
    for estimate in found.values():
        assert (estimate.value is not None) == determined
        assert determined or "chi2/dof is 101 or more in every window" in estimate.reason


def test_fixed_parameters_have_their_value_and_no_error():
    def fixed(control, size):
        return bkt(control, size, sigma=0.5, delta=0.1)

    theta = np.array([0.5, 0.5, 0.0, 0.1])
    noise = np.random.default_rng(0).standard_normal((20, len(CONTROL)))
    for chi2_per_dof in (1.0, 300.0):
        found, _ = estimates_of([fit_of(theta, chi2_per_dof, make=fixed)], noise)
        assert [(found[n].value, found[n].error, found[n].fixed) for n in ("sigma", "Delta")] == [
            (0.5, None, True), (0.1, None, True),
        ]  # fmt: skip


def test_refits_of_exact_data_without_noise_stay_at_the_truth():
    points, truth = planted_power_law(2, noisy=False)
    ansatz = power_law(points.control, points.size)
    optimum = find_optimum(ansatz, points)
    still = resampled_parameters(ansatz, points, optimum, np.zeros((3, len(points))))
    assert np.ptp(still, axis=0).max() < 1e-9
    noisy = resampled_parameters(
        ansatz, points, optimum, gaussian_noise(points)(np.random.default_rng(0), 60)
    )
    scatter = noisy[:, 0].std()
    assert abs(still[0, 0] - truth["critical_point"]) < 3 * scatter
