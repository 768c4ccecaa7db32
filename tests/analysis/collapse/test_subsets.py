"""Fits to parts of the points: their windows, sizes and corrections."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pruning_phases.analysis.collapse.ansatz import bkt, power_law
from pruning_phases.analysis.collapse.average import largest_acceptable
from pruning_phases.analysis.collapse.optimum import near_optimum
from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scaling_function import ScalingFunction
from pruning_phases.analysis.collapse.subsets import fits_to_parts, with_correction
from tests.support.planted import planted_bkt, planted_power_law


def fits_of(points, truth, make=power_law, correction=None):
    """Fits to parts, from a fit that starts at the truth."""
    ansatz = make(points.control, points.size)
    whole = near_optimum(ansatz, points, ScalingFunction(8, False, correction), np.array(truth))
    return fits_to_parts(make, points, whole, correction), whole


@pytest.fixture(scope="module")
def planted():
    points, truth = planted_power_law(5)
    return points, *fits_of(points, theta_of(truth))


def theta_of(truth):
    return [truth["critical_point"], np.log(truth["nu"]), truth["beta"] / truth["nu"]]


def test_the_first_fit_is_that_to_all_points(planted):
    points, fits, whole = planted
    assert fits[0].optimum is whole and len(fits[0].points) == len(points)
    assert fits[0].window == 1 and fits[0].dropped == 0 and fits[0].correction is None


def test_a_window_holds_the_points_of_smallest_scaled_distance(planted):
    points, fits, whole = planted
    narrow = next(fit for fit in fits if fit.window < 1 and fit.dropped == 0)
    x, _ = fits[0].ansatz.axes(whole.theta[None], points.control, points.size)
    outside = np.setdiff1d(np.arange(len(points)), narrow.chosen)
    assert len(narrow.chosen) == pytest.approx(narrow.window * len(points), abs=1)
    assert np.abs(x[0][narrow.chosen]).max() == narrow.reach < np.abs(x[0][outside]).min()


def test_smallest_sizes_are_left_out_and_three_remain(planted):
    points, fits, _ = planted
    assert {fit.dropped for fit in fits} == {0, 1, 2}
    for fit in fits:
        assert fit.points.size.min() == points.sizes[fit.dropped]
        assert len(fit.points.sizes) >= 3 + (fit.correction is not None and fit.dropped > 0)


def test_the_power_law_is_fitted_with_and_without_a_correction(planted):
    _, fits, _ = planted
    assert {fit.correction for fit in fits} == {None, 1.0}
    points, truth = planted_bkt(3)
    theta = [truth["critical_point"], 0.5, 1.0, truth["Delta"]]
    logarithmic, _ = fits_of(points, theta, partial(bkt, sigma=0.5, delta=None))
    assert {fit.correction for fit in logarithmic} == {None}


def test_a_given_correction_is_in_every_fit_and_leaves_three_sizes():
    """Two sizes do not determine beta beside a correction: its error exploded."""
    points, truth = planted_power_law(5)
    three = points.where(points.size <= points.sizes[2])
    fits, _ = fits_of(three, theta_of(truth), correction=2.0)
    assert {fit.correction for fit in fits} == {2.0}
    assert {len(fit.points.sizes) for fit in fits} == {3}


def test_two_sizes_have_windows_alone():
    points, truth = planted_power_law(5)
    fits, _ = fits_of(points.where(points.size <= points.sizes[1]), theta_of(truth))
    assert {(fit.dropped, fit.correction) for fit in fits} == {(0, None)}


def test_windows_become_narrower_until_one_describes_its_points():
    control, size = (a.ravel() for a in np.meshgrid(np.linspace(0.6, 1.4, 31), [8.0, 16, 32]))
    distance = control - 1
    value = 1.5 + np.tanh(distance * size / 4) + 0.2 * distance**2  # a regular part
    error = np.full(len(value), 0.003)
    value += error * np.random.default_rng(0).standard_normal(len(value))
    fits, _ = fits_of(Points(control, size, value, error), [1.0, 0.0, 0.0])
    plain = [fit for fit in fits if fit.correction is None]
    bad = [fit.chi2_per_dof > largest_acceptable(fit.dof) for fit in plain]
    assert len(plain) > 3 and bad == [True] * (len(plain) - 1) + [False]
    assert [fit.window for fit in plain] == sorted((fit.window for fit in plain), reverse=True)


def test_fits_with_more_points_and_fewer_parameters_contain_others(planted):
    _, fits, _ = planted
    assert all(fits[0].contains(fit) for fit in fits)
    assert not any(fit.contains(fits[0]) for fit in fits[1:])
    narrow = next(fit for fit in fits if fit.window < 1 and fit.dropped == 0)
    fewer = next(fit for fit in fits if fit.window == 1 and fit.dropped == 1)
    assert not narrow.contains(fewer) and not fewer.contains(narrow)


def test_the_partner_with_a_correction_has_the_same_points(planted):
    _, fits, _ = planted
    partner = with_correction(fits[0], fits)
    assert partner in fits and partner.correction == 1.0
    assert with_correction(partner, fits) is None
    made = with_correction(fits[0], [])
    assert made.correction == 1.0 and np.array_equal(made.chosen, fits[0].chosen)
    plain = replace(fits[0], ansatz=replace(fits[0].ansatz, corrected=False))
    assert with_correction(plain, fits) is None
