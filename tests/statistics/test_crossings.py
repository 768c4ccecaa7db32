"""Crossings and peaks against curves whose crossings and peaks are known."""

from itertools import pairwise

import numpy as np
import pytest

from pruning_phases.statistics.crossings import (
    Located,
    SampledCurve,
    crossing,
    extrapolate,
    peak,
    size_exponent,
)
from pruning_phases.statistics.estimates import susceptibility

X = np.linspace(0, 1, 40)


def sampled(size, values, noise=0.01, seed=0):
    generator = np.random.default_rng([seed, int(size)])
    error = np.full(len(X), noise)
    samples = values + error * generator.standard_normal((300, len(X)))
    return SampledCurve(size, X, values + error * generator.standard_normal(len(X)), error, samples)


def covered(pulls):
    """Check the fractions of distances within one and two errors."""
    pulls = np.abs(pulls)
    assert 0.5 < (pulls < 1).mean() < 0.85 and (pulls < 2).mean() > 0.85


def test_crossings_and_their_limit_are_found_as_often_as_their_errors_say():
    pulls, limits = [], []
    for seed in range(40):
        curves = [
            sampled(size, np.tanh((X - 0.4) * size), noise=0.02, seed=seed)
            for size in (2, 4, 8, 16)
        ]
        found = [crossing(*pair) for pair in pairwise(curves)]
        pulls += [(place.control[0] - 0.4) / place.control[1] for place in found]
        (limit, error), _ = extrapolate(found, 0.0, 1.0)
        limits.append((limit - 0.4) / error)
    covered(pulls)
    covered(limits)


def test_peaks_of_a_variance_are_found_as_often_as_their_errors_say():
    places, heights, ratios = [], [], []
    for seed in range(60):
        generator = np.random.default_rng(seed)
        deviation = np.sqrt(np.exp(-((X - 0.6) ** 2) * 20) + 0.05)
        order = deviation * generator.standard_normal((16, len(X)))
        chosen = generator.integers(16, size=(200, 16))
        samples = np.stack([susceptibility(order[rows], 1.0) for rows in chosen]) * 16 / 15
        chi = SampledCurve(4, X, susceptibility(order, 1.0), samples.std(axis=0), samples)
        found = peak(chi)
        places.append((found.control[0] - 0.6) / found.control[1])
        heights.append((found.value[0] - 1.05) / found.value[1])
        ratios.append(found.value[0] / 1.05)
    assert 0.85 < np.mean(ratios) < 1.15
    assert (np.abs(places) < 1).mean() > 0.5 and (np.abs(heights) < 1).mean() > 0.4


UNEVEN = np.concatenate([[0.0, 0.2, 0.4], np.linspace(0.5, 0.99, 20)])


def uneven(values, seed):
    """A loss over dropout at evaluation: few values at small rates, many where it rises."""
    generator = np.random.default_rng(seed)
    error = 0.03 * values
    samples = values + error * generator.standard_normal((300, len(values)))
    return SampledCurve(1.0 + seed, UNEVEN, samples[0], error, samples[1:])


@pytest.mark.parametrize("ratio", [1.25, 1.5])
def test_curves_do_not_cross_between_few_values_beside_many(ratio):
    loss = 0.5 + UNEVEN**2 + 0.02 / (1.001 - UNEVEN)
    for seed in range(8):
        found = crossing(uneven(ratio * loss, 2 * seed), uneven(loss, 2 * seed + 1))
        assert found.control is None, found


def test_a_sharp_peak_is_found_where_the_grid_is_fine():
    control = np.concatenate([np.linspace(0, 0.45, 10), np.linspace(0.46, 0.54, 17),
                              np.linspace(0.55, 1, 10)])  # fmt: skip
    generator = np.random.default_rng(0)
    values = 0.1 + np.exp(-(((control - 0.5) / 0.02) ** 2))
    samples = values * np.exp(0.05 * generator.standard_normal((200, len(control))))
    found = peak(SampledCurve(4, control, values, 0.05 * values, samples))
    assert abs(found.control[0] - 0.5) < 0.01 and 0.9 < found.value[0] / 1.1 < 1.1


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
        samples = values + 0.01 * np.random.default_rng(size).standard_normal((300, 40))
        curves.append(SampledCurve(size, density, samples[0], np.full(40, 0.01), samples))
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
