"""Resampling of replicas: exact moments of the samples, and coverage of the errors."""

import numpy as np
import pytest

from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.resampling import (
    half_width,
    replica_fractions,
    resampled_deviations,
)


def test_the_half_width_of_normal_values_is_their_deviation_and_ignores_nan():
    values = 3 + 0.5 * np.random.default_rng(0).normal(size=(40_000, 2))
    np.testing.assert_allclose(half_width(values), 0.5, rtol=0.02)
    gaps = np.vstack([values, np.full((9, 2), np.nan)])
    np.testing.assert_array_equal(half_width(gaps), half_width(values))
    assert half_width(np.full(5, 7.0)) == 0
    np.testing.assert_array_equal(half_width(values.T, axis=1), half_width(values))


@pytest.mark.parametrize("count", [1, 2, 8])
def test_fractions_of_replicas_have_the_moments_of_samples_with_replacement(count):
    fractions = replica_fractions(np.random.default_rng(1), count, 20_000)
    assert fractions.shape == (20_000, count)
    np.testing.assert_allclose(fractions.sum(axis=1), 1)
    np.testing.assert_allclose(fractions * count, np.round(fractions * count), atol=1e-12)
    # Multinomial: mean 1/R, covariance (delta_ij / R - 1/R^2) / R.
    covariance = (np.eye(count) / count - 1 / count**2) / count
    np.testing.assert_allclose(fractions.mean(axis=0), 1 / count, atol=0.01)
    np.testing.assert_allclose(np.cov(fractions.T), covariance.squeeze(), atol=0.004)


@pytest.mark.parametrize("replicas", [2, 3, 8])
def test_resampled_means_scatter_by_the_standard_error(replicas):
    values = np.random.default_rng(2).normal(size=(replicas, 3)) * [1, 10, 0]
    fractions = replica_fractions(np.random.default_rng(3), replicas, 40_000)
    deviations = resampled_deviations(values, fractions)
    error = mean_and_error(values)[1]
    np.testing.assert_allclose(deviations.std(axis=0), error, rtol=0.03, atol=1e-12)
    np.testing.assert_allclose(deviations.mean(axis=0), 0, atol=0.05 * error.max())


def test_points_of_a_replica_are_resampled_together():
    own = np.random.default_rng(4).normal(size=(6, 1))
    deviations = resampled_deviations(
        own @ np.array([[1.0, -2.0]]), replica_fractions(np.random.default_rng(5), 6, 100)
    )
    np.testing.assert_allclose(deviations[:, 1], -2 * deviations[:, 0], atol=1e-12)


def test_bootstrap_errors_cover_the_mean_as_often_as_they_say():
    generator = np.random.default_rng(6)
    values = generator.normal(size=(16, 1000))  # 1000 experiments with 16 replicas each
    fractions = replica_fractions(generator, 16, 400)
    error = half_width(resampled_deviations(values, fractions))
    covered = (np.abs(values.mean(axis=0)) < error).mean()
    assert 0.62 < covered < 0.72  # 66.7% for Student's t with 15 degrees of freedom
