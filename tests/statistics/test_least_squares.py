"""Batched least squares: agreement with scipy, bounds, fixed parameters."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from pruning_phases.statistics.least_squares import Box, minimize

X = np.linspace(0.1, 3, 30)


def model(theta):
    return theta[:, :1] * np.exp(-theta[:, 1:2] * X) + theta[:, 2:3]


def data(generator, batch=40):
    truth = generator.uniform([0.5, 0.3, -1], [3, 3, 1], (batch, 3))
    return truth, model(truth) + 0.01 * generator.standard_normal((batch, len(X)))


def test_every_row_ends_where_scipy_ends():
    generator = np.random.default_rng(0)
    truth, y = data(generator)
    box = Box(np.array([0.0, 0.01, -3.0]), np.array([10.0, 10.0, 3.0]))
    start = np.tile([1.0, 1.0, 0.0], (len(y), 1))
    minima = minimize(lambda theta: (y - model(theta)) / 0.01, start, box)
    assert minima.converged.all()
    for row, found, chi2 in zip(y, minima.parameters, minima.chi2, strict=True):
        reference = least_squares(
            lambda theta, row=row: (row - model(theta[None])[0]) / 0.01,
            [1.0, 1.0, 0.0], bounds=(box.lower, box.upper),
        )  # fmt: skip
        assert chi2 == pytest.approx(2 * reference.cost, rel=1e-5)
        np.testing.assert_allclose(found, reference.x, rtol=1e-3, atol=1e-4)


def test_a_minimum_outside_the_box_is_found_and_reported_on_its_edge():
    truth, y = data(np.random.default_rng(1), batch=5)
    narrow = Box(np.array([0.0, 5.0, -3.0]), np.array([10.0, 10.0, 3.0]))
    minima = minimize(lambda t: (y - model(t)) / 0.01, np.tile([1.0, 7.0, 0.0], (5, 1)), narrow)
    assert (minima.parameters[:, 1] == 5.0).all()
    assert narrow.on_bound(minima.parameters)[:, 1].all()


def test_a_fixed_parameter_stays_and_is_not_reported_on_a_bound():
    truth, y = data(np.random.default_rng(2), batch=5)
    fixed = Box(np.array([0.0, 0.01, 0.25]), np.array([10.0, 10.0, 0.25]))
    minima = minimize(lambda t: (y - model(t)) / 0.01, np.tile([1.0, 1.0, 0.25], (5, 1)), fixed)
    assert (minima.parameters[:, 2] == 0.25).all()
    assert not fixed.on_bound(minima.parameters)[:, 2].any()


def test_a_row_does_not_depend_on_other_rows():
    truth, y = data(np.random.default_rng(3), batch=6)
    box = Box(np.array([0.0, 0.01, -3.0]), np.array([10.0, 10.0, 3.0]))
    start = np.tile([1.0, 1.0, 0.0], (6, 1))
    together = minimize(lambda t: (y - model(t)) / 0.01, start, box)
    alone = minimize(lambda t: (y[2:3] - model(t)) / 0.01, start[:1], box)
    np.testing.assert_allclose(together.parameters[2], alone.parameters[0], rtol=1e-3)
