"""Equality of planted systems, and their landmarks over every control parameter."""

import numpy as np
import pytest

from pruning_phases.analysis.universality.fit import compare, equality, located
from pruning_phases.analysis.universality.read import System

DENSITY = np.geomspace(1e-4, 1, 41)


def planted(seed, num_weights, centre, groups=None):
    """Accuracy above chance, halved at ``centre`` surviving weights, over e^(+-1/2) of them."""
    generator = np.random.default_rng([seed, num_weights])
    at = DENSITY * num_weights
    middle = np.log(centre) + 0.1 * generator.normal(size=(8, 1))
    accuracy = 1 / (1 + np.exp(-4 * (np.log(at) - middle)))
    curves = {"density": (DENSITY, accuracy), "num_kept": (at, accuracy)}
    return System(num_weights, 8, curves, groups or {})


def systems(seed, centres, groups=None):
    return {
        f"w{size}": located(planted(seed, size, centre, groups), 200, seed)
        for size, centre in zip((30_000, 100_000, 300_000), centres, strict=True)
    }


def test_equality_has_the_mean_and_chi2_of_a_weighted_fit():
    found = equality([1.0, 2.0, 4.0], [1.0, 1.0, 0.5])
    weights = np.array([1.0, 1.0, 4.0])
    mean = (weights * [1, 2, 4]).sum() / 6
    assert found.mean == pytest.approx(mean) and found.dof == 2
    assert found.chi2 == pytest.approx((weights * (np.array([1, 2, 4]) - mean) ** 2).sum())
    assert found.error == pytest.approx(np.sqrt(found.chi2 / 2 / 6))


def test_scatter_is_what_the_errors_lack():
    generator = np.random.default_rng(0)
    errors = np.full(400, 0.05)
    values = generator.normal(scale=np.hypot(0.05, 0.2), size=400)
    assert equality(values, errors).scatter == pytest.approx(0.2, rel=0.15)
    assert equality(generator.normal(scale=0.03, size=400), errors).scatter == 0


def test_equal_systems_are_found_equal_as_often_as_the_probability_says():
    equal = [compare(systems(seed, (150, 150, 150)), "num_kept").all for seed in range(80)]
    assert np.mean([test.holds for test in equal]) >= 0.85  # few replicas: errors of errors
    # The values of systems of equal number lie at densities that differ by a factor of ten.
    over_density = compare(systems(0, (150, 150, 150)), "density").all
    assert not over_density.holds and over_density.scatter > 0.5


def test_a_system_that_differs_is_found():
    found = [compare(systems(seed, (150, 150, 250)), "num_kept").all for seed in range(20)]
    assert not any(test.holds for test in found)
    assert np.mean([test.scatter for test in found]) > 0.15


def test_the_width_of_the_fall_is_measured():
    for one in systems(1, (150, 150, 150)).values():
        value, error = one.width["num_kept"]
        assert abs(value - 2 * np.log(3) / 4) < 3 * error  # from 3/4 to 1/4 of a logistic
        assert error < 0.1


def test_groups_hold_systems_that_differ_in_one_group_of_options():
    found = systems(0, (150, 150, 150), {"model": "same", "dataset": "other"})
    alike = compare(found, "num_kept").groups
    assert [(option, names) for option, names, _ in alike] == [
        ("model", [*found]), ("dataset", [*found]),
    ]  # fmt: skip
