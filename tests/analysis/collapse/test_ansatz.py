"""Scaled axes of the ansatzes: their formulas, quoted parameters and bounds."""

import numpy as np
import pytest

from pruning_phases.analysis.collapse.ansatz import bkt, bkt_axes, power_law, power_law_axes

CONTROL, SIZE = (a.ravel() for a in np.meshgrid(np.linspace(0.2, 0.8, 13), [8.0, 32.0, 128.0]))
POWER_LAW = np.array([[0.4, np.log(1.5), 0.25], [0.6, np.log(0.7), -0.1]])
BKT = np.array([[0.5, 0.5, np.log(1.2), 0.3], [0.3, 0.8, np.log(2.0), 0.0]])


def test_the_power_law_s_axes_are_those_of_its_formula():
    x, factor = power_law_axes(POWER_LAW, CONTROL, SIZE)
    for row, (critical, log_nu, ratio) in enumerate(POWER_LAW):
        nu, beta = np.exp(log_nu), ratio * np.exp(log_nu)
        np.testing.assert_allclose(x[row], (CONTROL - critical) * SIZE ** (1 / nu))
        np.testing.assert_allclose(factor[row], SIZE ** (-beta / nu))


def test_the_bkt_axes_are_those_of_its_formula():
    x, factor = bkt_axes(BKT, CONTROL, SIZE)
    quoted = bkt(CONTROL, SIZE).quoted(BKT)
    for row in range(2):
        logarithm = np.log(SIZE / quoted["L0"][row])
        expected = (CONTROL - quoted["critical_point"][row]) * logarithm ** (
            1 / quoted["sigma"][row]
        )
        np.testing.assert_allclose(x[row], expected)
        np.testing.assert_allclose(factor[row], SIZE ** quoted["Delta"][row])


@pytest.mark.parametrize("axes", [power_law_axes, bkt_axes])
def test_the_sign_of_x_is_that_of_the_distance_to_the_critical_point(axes):
    theta = POWER_LAW if axes is power_law_axes else BKT
    x, factor = axes(theta, CONTROL, SIZE)
    distance = CONTROL - theta[:, :1]
    clear = np.abs(distance) > 1e-9
    assert (np.sign(x) == np.sign(distance))[clear].all() and (factor > 0).all()


def test_quoted_exponents_are_nu_and_beta():
    quoted = power_law(CONTROL, SIZE).quoted(POWER_LAW)
    np.testing.assert_allclose(quoted["nu"], [1.5, 0.7])
    np.testing.assert_allclose(quoted["beta"], [0.25 * 1.5, -0.1 * 0.7])


def test_the_unit_of_size_moves_l0_alone():
    for factor in (1.0, 1000.0):
        ansatz = bkt(CONTROL, SIZE * factor)
        quoted = ansatz.quoted(BKT)
        assert quoted["L0"][0] == pytest.approx(8 * factor * np.exp(-1.2))
        np.testing.assert_allclose(
            ansatz.axes(BKT, CONTROL, SIZE * factor)[0], bkt_axes(BKT, CONTROL, SIZE)[0]
        )


@pytest.mark.parametrize(
    ("make", "free", "fixed"),
    [
        (power_law, 3, set()),
        (bkt, 3, {"sigma"}),
        (lambda c, s: bkt(c, s, None), 4, set()),
        (lambda c, s: bkt(c, s, 0.5, 0.0), 2, {"sigma", "Delta"}),
    ],
)
def test_fixed_parameters_are_not_counted_as_free(make, free, fixed):
    ansatz = make(CONTROL, SIZE)
    assert ansatz.num_free == free and ansatz.fixed == fixed


def test_critical_points_are_searched_within_the_measured_range():
    for make in (power_law, bkt):
        ansatz = make(CONTROL, SIZE)
        assert (ansatz.box.lower[0], ansatz.box.upper[0]) == (0.2, 0.8)
        inside = (ansatz.box.lower + ansatz.box.upper) / 2
        assert not ansatz.box.on_bound(inside).any()
        for end in (0.2, 0.8, 0.2 + 1e-5):
            assert ansatz.box.on_bound(np.array([end, *inside[1:]]))[0]


def test_an_end_of_spread_out_controls_is_not_wider_than_a_tenth_of_a_step():
    control = np.geomspace(1e-6, 1, 25)
    box = power_law(control, np.full(25, 8.0)).box
    second = np.array([control[1], 0.0, 0.0])
    assert not box.on_bound(second)[0]
