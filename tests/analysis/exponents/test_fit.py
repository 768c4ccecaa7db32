"""The critical law of one curve: planted laws are recovered, and nothing else is reported."""

import re

import numpy as np
import pytest

from pruning_phases.analysis.exponents.fit import (
    LawFit,
    WindowFit,
    _undetermined,
    coarsened,
    critical_law,
    fit_law,
)
from pruning_phases.statistics.curves import Curve, chance_corrected


def planted(seed, critical=2e-3, exponent=0.5, replicas=8, noise=0.01, points=60):
    """A curve that follows the law up to a plateau of 1, with independent noise."""
    generator = np.random.default_rng(seed)
    density = np.geomspace(1.02 * critical, 1.0, points)
    law = critical_law(density, np.array([critical]), np.array([exponent]))[0]
    amplitude = 0.5 / (10 * critical) ** exponent
    mean = np.minimum(amplitude * law, 1.0)
    return Curve(density, mean + noise * generator.standard_normal((replicas, points)))


def test_a_planted_law_is_recovered():
    law = fit_law(planted(0), num_resampled=100)
    assert isinstance(law, LawFit) and law.critical_point is not None
    assert abs(law.critical_point - 2e-3) < 3 * law.critical_total
    assert abs(law.exponent - 0.5) < 3 * law.exponent_total


@pytest.mark.slow
def test_planted_laws_are_covered():
    off = []
    for seed in range(40):
        law = fit_law(planted(seed), num_resampled=200)
        assert isinstance(law, LawFit) and law.critical_point is not None
        off.append([(law.critical_point - 2e-3) / law.critical_total,
                    (law.exponent - 0.5) / law.exponent_total])  # fmt: skip
    fraction = (np.abs(off) < 1).mean(axis=0)
    print("within one total error", fraction)
    assert (fraction > 0.5).all()
    assert (np.abs(off) < 3).mean() >= 0.95


def test_a_curve_that_never_falls_is_not_determined():
    flat = Curve(
        np.geomspace(1e-3, 1, 30), 1 + 0.01 * np.random.default_rng(0).normal(size=(8, 30))
    )
    assert "prune further" in fit_law(flat)


def test_a_power_of_the_density_itself_has_no_critical_point():
    density = np.geomspace(1e-4, 1, 40)
    noise = 0.01 * np.random.default_rng(1).normal(size=(8, 40))
    law = fit_law(Curve(density, np.minimum(density**0.5 * 5, 1) + noise), num_resampled=200)
    assert isinstance(law, LawFit)
    assert law.critical_point is None and law.exponent is None
    assert law.reason


@pytest.mark.slow
def test_thousands_of_densities_are_averaged_and_fitted():
    """A schedule as in the paper: the weights of windows that leave out most points stay finite."""
    dense = planted(0, replicas=3, points=2600)
    few = coarsened(dense)
    assert len(few.control) <= 200 and (np.diff(few.control) > 0).all()
    np.testing.assert_allclose(few.values.mean(), dense.values.mean(), atol=0.01)
    law = fit_law(dense, num_resampled=100)
    assert isinstance(law, LawFit) and sum(window.weight for window in law.scan) > 0
    assert abs(law.critical_point - 2e-3) < 3 * law.critical_total


def test_a_curve_that_grows_towards_the_transition_is_no_order_parameter():
    rising = planted(0)
    upside_down = Curve(rising.control, 2 - rising.values)
    assert "no order parameter" in fit_law(upside_down)


def test_one_replica_has_no_error():
    assert "num_replicas" in fit_law(planted(0, replicas=1))


def test_chance_corrected():
    np.testing.assert_allclose(chance_corrected([0.1, 1.0, 0.55], 10), [0, 1, 0.5])


def test_a_critical_point_far_below_the_measured_values_is_not_determined():
    """The law itself, measured only where it has not yet fallen to 0."""
    density = np.geomspace(2.5e-3, 1.0, 60)
    law = critical_law(density, np.array([2e-3]), np.array([2.0]))[0]
    values = np.minimum(law / law[20], 1.0) + 1e-4 * np.random.default_rng(0).standard_normal(
        (8, 60)
    )
    fit = fit_law(Curve(density, values), num_resampled=100)
    assert isinstance(fit, LawFit) and fit.critical_point is None
    assert fit.reason is not None and "below the lowest measured value, 0.0025" in fit.reason
    assert "prune further (pruner.final_density)" in fit.reason


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ((3e-3, 0.1), r"gives the critical point 0\.002\(3\), whose error includes 0"),
        ((1e-3, 0.6), r"gives the exponent 0\.5\(6\), whose error includes 0"),
    ],
)
def test_a_value_whose_error_includes_0_is_not_determined(totals, said):
    best = WindowFit(0, 9, 2e-3, 0.5, 1.0, 1.0, None)
    resampled = np.tile([2e-3, 0.5], (10, 1))
    reason = _undetermined(planted(0), best, resampled, np.array(totals))
    assert reason is not None and re.search(said, reason)
    assert _undetermined(planted(0), best, resampled, np.array([1e-3, 0.1])) is None
