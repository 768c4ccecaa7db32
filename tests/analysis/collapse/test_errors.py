"""Quoted errors of a collapse: their parts, the extrapolation in size, parameters on a bound."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from pruning_phases.analysis.collapse.ansatz import bkt, power_law
from pruning_phases.analysis.collapse.errors import (
    estimates_of,
    inner_half,
    refit,
    resampled_parameters,
)
from pruning_phases.analysis.collapse.fit import gaussian_noise
from pruning_phases.analysis.collapse.optimum import find_optimum
from pruning_phases.analysis.collapse.points import Points
from tests.support.planted import planted_power_law

CONTROL, SIZE = (a.ravel() for a in np.meshgrid(np.linspace(0, 1, 21), [10.0, 20.0, 80.0]))
POINTS = Points(CONTROL, SIZE, np.ones_like(CONTROL), np.ones_like(CONTROL))
THETA = np.array([0.5, 0.0, 0.25])  # nu = 1, so that beta is the third parameter


def optimum_of(chi2=30.0, dof=30, theta=THETA):
    return SimpleNamespace(theta=theta, chi2=chi2, dof=lambda ansatz, points: dof)


def refits(deviation=0.01, count=20_000, centre=THETA):
    spread = deviation * np.random.default_rng(0).standard_normal((count, len(centre)))
    return centre + spread * np.array([1.0, 0.0, 2.0])


def estimated(optimum=None, samples=None, size=None, window=None):
    ansatz = power_law(CONTROL, SIZE)
    moved = {
        name: None if shift is None else (ansatz, THETA + shift)
        for name, shift in (("drift_size", size), ("drift_window", window))
    }
    samples = refits() if samples is None else samples
    return estimates_of(ansatz, POINTS, optimum or optimum_of(), samples, moved)


def test_the_statistical_error_is_the_half_width_of_the_refits():
    found = estimated()
    assert found["critical_point"].statistical == pytest.approx(0.01, rel=0.03)
    assert found["beta"].statistical == pytest.approx(0.02, rel=0.03)
    assert found["critical_point"].error == found["critical_point"].statistical


@pytest.mark.parametrize(("chi2", "factor"), [(15.0, 1.0), (30.0, 1.0), (120.0, 2.0)])
def test_a_chi2_above_its_degrees_of_freedom_widens_the_error(chi2, factor):
    wide = estimated(optimum_of(chi2))["critical_point"].statistical
    assert wide == pytest.approx(factor * estimated()["critical_point"].statistical)


def test_drifts_are_added_in_quadrature():
    found = estimated(size=np.array([0.03, 0, 0]), window=np.array([-0.04, 0, 0]))
    critical = found["critical_point"]
    # L1 / L2 = 1/2: a shift ~ 1/L is twice its change.
    assert critical.drift_size == pytest.approx(0.06)
    assert critical.drift_window == pytest.approx(0.04)
    expected = np.sqrt(critical.statistical**2 + 0.06**2 + 0.04**2)
    assert critical.error == pytest.approx(expected)
    assert found["beta"].drift_size == pytest.approx(0, abs=1e-12)


def test_a_shift_of_one_over_l_is_extrapolated_exactly():
    """p(L) = p + a / L_min for a fit whose smallest size is L_min."""
    shift, first, second = 3.0, 10.0, 20.0
    change = shift / second - shift / first
    found = estimated(size=np.array([change, 0, 0]))["critical_point"].drift_size
    assert found == pytest.approx(shift / first)


@pytest.mark.parametrize(
    ("theta", "said"),
    [
        (np.array([0.0, 0.0, 0.25]), r"the fit ends on a bound of critical_point, \[0, 1\]"),
        (np.array([0.5, np.log(20), 0.25]), r"the fit ends on a bound of nu, \[0\.1, 20\]"),
        (np.array([0.5, 0.0, -3.0]), r"the fit ends on a bound of beta/nu"),
    ],
)
def test_one_parameter_on_a_bound_leaves_all_undetermined_with_the_reason(theta, said):
    for estimate in estimated(optimum_of(theta=theta)).values():
        assert estimate.value is None and estimate.error is None
        assert re.match(said, estimate.reason)


@pytest.mark.parametrize(("fraction", "determined"), [(0.1, True), (0.2, False)])
def test_many_refits_on_a_bound_leave_the_parameters_undetermined(fraction, determined):
    samples = refits(count=1000)
    samples[: int(1000 * fraction), 0] = 1.0
    found = estimated(samples=samples)["critical_point"]
    assert (found.value is not None) == determined
    assert determined or "over 16% of the refits end on a bound" in found.reason


def test_fixed_parameters_have_their_value_and_no_error():
    ansatz = bkt(CONTROL, SIZE, sigma=0.5, delta=0.1)
    theta = np.array([0.5, 0.5, 0.0, 0.1])
    samples = np.tile(theta, (10, 1))
    drifts = {"drift_size": None, "drift_window": None}
    found = estimates_of(ansatz, POINTS, optimum_of(theta=theta), samples, drifts)
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


def test_too_few_points_give_no_refit():
    points, _ = planted_power_law(0)
    few = points.where(np.arange(len(points)) < 14)
    assert refit(power_law, None, None, None) is None
    assert refit(power_law, few, None, None) is None
    assert inner_half(few, 0.5) is None
