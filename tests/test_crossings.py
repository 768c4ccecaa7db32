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
    limit, error = extrapolate(places)
    assert limit == pytest.approx(1.0) and error > 0
    assert extrapolate(places[:1]) is None
