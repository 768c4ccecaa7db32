"""Crossings and peaks against curves whose crossings and peaks are known."""

import numpy as np
import pytest

from pruning_phases.analysis.crossings import (
    Located,
    SampledCurve,
    crossing,
    extrapolate,
    peak,
    size_exponent,
)

X = np.linspace(0, 1, 40)


def sampled(size, values, noise=0.01, seed=0):
    generator = np.random.default_rng([seed, int(size)])
    error = np.full(len(X), noise)
    draws = values + error * generator.standard_normal((300, len(X)))
    return SampledCurve(size, X, values + error * generator.standard_normal(len(X)), error, draws)


def test_a_crossing_is_found_within_its_error():
    for seed in range(10):
        curves = [sampled(size, np.tanh((X - 0.4) * size), seed=seed) for size in (2, 4)]
        found = crossing(*curves)
        assert abs(found.control[0] - 0.4) < 4 * found.control[1] < 0.1


def test_parallel_curves_do_not_cross():
    found = crossing(sampled(2, X), sampled(4, X + 0.5))
    assert found.control is None and "do not cross" in found.reason


def test_curves_that_differ_by_noise_do_not_cross():
    for seed in range(10):
        curves = [sampled(size, np.tanh(X - 0.4), seed=seed) for size in (2, 4)]
        assert crossing(*curves).control is None


def test_over_decades_the_axis_is_logarithmic():
    """A crossing at 3e-3 among densities from 1e-4 to 1, which a linear grid would not resolve."""
    density = np.geomspace(1e-4, 1, 40)
    curves = []
    for size in (2, 4):
        values = np.tanh(np.log(density / 3e-3) * size / 4)
        draws = values + 0.01 * np.random.default_rng(size).standard_normal((300, 40))
        curves.append(SampledCurve(size, density, draws[0], np.full(40, 0.01), draws))
    found = crossing(*curves)
    assert abs(found.control[0] - 3e-3) < 4 * found.control[1] < 1e-3


def test_peaks_and_how_they_grow():
    curves = [sampled(size, size**0.5 * np.exp(-((X - 0.6) ** 2) * 20)) for size in (4, 8, 16)]
    peaks = [peak(curve) for curve in curves]
    for found in peaks:
        assert abs(found.control[0] - 0.6) < max(4 * found.control[1], 0.02)
    slope, error = size_exponent(peaks)
    assert abs(slope - 0.5) < max(4 * error, 0.02)


def test_a_maximum_at_an_end_is_no_peak():
    assert "end of the range" in peak(sampled(4, X)).reason


def test_crossings_are_carried_on_to_infinite_size():
    places = [Located((size, size), (1.0 + 2.0 / size, 0.01)) for size in (10, 20, 40)]
    (limit, error), _ = extrapolate(places, 0.0, 2.0)
    assert limit == pytest.approx(1.0) and error > 0
    assert extrapolate(places[:2], 0.0, 2.0)[0] is None
    assert "outside" in extrapolate(places, 1.02, 2.0)[1]
