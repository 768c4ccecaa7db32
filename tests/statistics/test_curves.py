"""Curves over density, read from tables of observables."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.errors import UserError
from pruning_phases.statistics.curves import (
    SMALLEST_ERROR,
    Curve,
    chance_corrected,
    curve,
    errors_of_mean,
)

DENSITY = [1.0, 0.5, 0.1]
ACCURACY = np.array([[0.9, 0.6, 0.2], [0.8, 0.5, 0.1]])  # [replicas, steps]


def table():
    """Two replicas at falling densities, and a last step without weights."""
    rows = [
        {"replica": r, "step": step, "density": density, "num_kept": round(1000 * density),
         "p_train": 0.0, "p_eval": 0.0, "train_size": 9, "accuracy": accuracy}
        for r, row in enumerate(ACCURACY)
        for step, (density, accuracy) in enumerate(zip([*DENSITY, 0.0], [*row, 0.1], strict=True))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_curve_ascends_in_density_and_leaves_empty_networks_out():
    found = curve(table(), "accuracy", 10)
    np.testing.assert_array_equal(found.control, DENSITY[::-1])
    np.testing.assert_array_equal(found.values, ACCURACY[:, ::-1])
    assert found.floor == 0.1 and found.num_replicas == 2


def test_the_order_of_the_rows_does_not_matter():
    shuffled = table().sample(frac=1, random_state=0)
    np.testing.assert_array_equal(
        curve(shuffled, "accuracy", 10).values, curve(table(), "accuracy", 10).values
    )


def test_accuracy_above_chance_is_linear_from_0_at_chance_to_1():
    found = curve(table(), "corrected_accuracy", 10)
    np.testing.assert_allclose(found.values, (ACCURACY[:, ::-1] - 0.1) / 0.9)
    assert found.floor == 0
    np.testing.assert_allclose(chance_corrected([0.5, 0.75, 1.0], 2), [0, 0.5, 1])


def test_a_replica_that_lacks_a_step_is_left_out():
    rows = table()
    lacking = rows[(rows["replica"] == 0) | (rows["step"] != 1)]
    np.testing.assert_array_equal(curve(lacking, "accuracy", 10).values, ACCURACY[:1, ::-1])


@pytest.mark.parametrize(
    ("change", "order_parameter", "said"),
    [
        ({}, "class_order", "order_parameters: the run has no class_order .* choose another"),
        ({"p_eval": [0.0, 0.5] * 4}, "accuracy", "several p_eval, .* use phase_diagram"),
        ({"train_size": [9, 8] * 4}, "accuracy", "several train_size"),
    ],
)
def test_an_unsuitable_table_is_refused(change, order_parameter, said):
    with pytest.raises(UserError, match=said):
        curve(table().assign(**change), order_parameter, 10)


def test_errors_of_means_are_those_of_equal_noise_without_their_own_noise():
    values = 0.3 * np.random.default_rng(0).normal(size=(8, 400))
    error = errors_of_mean(Curve(np.arange(400.0), values))
    assert np.median(error) == pytest.approx(0.3 / np.sqrt(8), rel=0.03)
    single = values.std(axis=0, ddof=1) / np.sqrt(8)
    assert error.std() < 0.5 * single.std()


@pytest.mark.parametrize("points", [1, 2, 5])
def test_few_points_share_the_mean_variance(points):
    values = np.random.default_rng(1).normal(size=(4, points))
    error = errors_of_mean(Curve(np.arange(float(points)), values))
    middle = points // 2
    near = slice(max(0, middle - 2), middle + 3)
    expected = np.sqrt(values[:, near].var(axis=0, ddof=1).mean() / 4)
    assert error[middle] == pytest.approx(expected)


def test_points_without_scatter_have_a_small_error_above_zero():
    values = np.zeros((4, 30))
    values[:, :15] = np.random.default_rng(2).normal(size=(4, 15))
    error = errors_of_mean(Curve(np.arange(30.0), values))
    positive = error[:15]
    assert error[-1] == pytest.approx(SMALLEST_ERROR * np.median(positive), rel=0.1)
    assert (errors_of_mean(Curve(np.arange(3.0), np.ones((4, 3)))) > 0).all()
