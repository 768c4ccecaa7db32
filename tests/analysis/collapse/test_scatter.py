"""Errors of a table without errors: they are those of the points' scatter."""

from dataclasses import replace

import numpy as np
import pytest

from pruning_phases.analysis.collapse.points import Points
from pruning_phases.analysis.collapse.scatter import differences, with_errors_from_scatter
from pruning_phases.errors import UserError

CONTROL, SIZE = (a.ravel() for a in np.meshgrid(np.linspace(0, 1, 200) ** 1.3, [8.0, 16.0, 32.0]))


def test_differences_vanish_for_a_parabola_and_have_the_width_of_the_noise():
    control = np.sort(np.random.default_rng(0).uniform(1, 3, 2000))
    parabola = 2 - 3 * control + 0.7 * control**2
    off, width = differences(control, parabola, np.ones(2000))
    assert np.abs(off).max() < 1e-9 and width == pytest.approx(1)
    noise = control * np.random.default_rng(1).standard_normal(2000)
    off, width = differences(control, parabola + noise, control)
    assert np.std(off / width) == pytest.approx(1, rel=0.05)


def test_the_order_of_the_points_does_not_matter():
    control, value = np.random.default_rng(2).standard_normal((2, 30))
    order = np.random.default_rng(3).permutation(30)
    first = differences(control, value, np.ones(30))
    np.testing.assert_allclose(first, differences(control[order], value[order], np.ones(30)))


@pytest.mark.parametrize("relative", [False, True])
def test_even_and_relative_noise_of_every_size_are_told_apart(relative):
    curve = np.exp(3 * CONTROL) * (1 + CONTROL * np.log(SIZE))
    error = 0.01 * np.sqrt(SIZE / 8) * (curve if relative else 1.0)
    value = curve + error * np.random.default_rng(4).standard_normal(len(curve))
    points = Points(CONTROL, SIZE, value, np.full(len(curve), np.inf))
    found = with_errors_from_scatter(points, "here").error
    np.testing.assert_allclose(found, error, rtol=0.25)
    scaled = with_errors_from_scatter(replace(points, value=1e-9 * value), "here").error
    np.testing.assert_allclose(scaled, 1e-9 * found)


def test_few_points_of_every_size_share_one_level():
    few = np.arange(len(SIZE)) % 100 < 3
    value = SIZE * (1 + 0.1 * np.random.default_rng(5).standard_normal(len(SIZE)))
    points = Points(CONTROL, SIZE, value, value).where(few)
    assert len(points) == 18
    ratio = with_errors_from_scatter(points, "here").error / np.abs(points.value)
    assert np.ptp(ratio) < 1e-12


def test_values_without_scatter_are_refused():
    flat = Points(CONTROL, SIZE, np.ones_like(SIZE), SIZE)
    with pytest.raises(UserError, match="^here: the values do not scatter"):
        with_errors_from_scatter(flat, "here")
