"""Curves over a control parameter that differs between the replicas of a step."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.statistics.curves import curve, of_steps, over_control

DENSITY = [0.01, 0.1, 1.0]
DEGREE = {0: [2.0, 1.0, 4.0], 1: [2.0, 3.0, 4.0]}  # of two replicas
ACCURACY = {0: [0.1, 0.5, 0.9], 1: [0.3, 0.7, 1.1]}


def table():
    return pd.DataFrame(
        [
            {"density": density, "num_kept": 300 * density, "replica": replica,
             "effective_density": density if density > 0.05 else 0.0, "step": 2 - step,
             "mean_degree": DEGREE[replica][step], "accuracy": ACCURACY[replica][step],
             "p_train": 0.0, "p_eval": 0.0, "train_size": 100}
            for replica in (0, 1) for step, density in enumerate(DENSITY)
        ]
    )  # fmt: skip


def test_a_step_has_the_mean_control_of_its_replicas():
    at, values = of_steps(table(), ["accuracy"], ["num_kept", "mean_degree"])
    np.testing.assert_allclose(at, [[3, 30, 300], [2, 2, 4]])
    np.testing.assert_allclose(values, [[ACCURACY[0], ACCURACY[1]]])


def test_steps_of_equal_control_are_averaged_and_those_at_0_left_out():
    at, (values,) = over_control(table(), ["accuracy"], "mean_degree")
    assert at.tolist() == [2, 4]
    np.testing.assert_allclose(values, [[0.3, 0.9], [0.5, 1.1]])
    at, (values,) = over_control(table(), ["accuracy"], "effective_kept")
    assert at.tolist() == [30, 300]
    np.testing.assert_allclose(values, [[0.5, 0.9], [0.7, 1.1]])


@pytest.mark.parametrize("change", [{"accuracy": np.nan}, {"num_kept": 0}])
def test_steps_without_a_value_and_empty_networks_are_left_out(change):
    rows = table()
    for name, value in change.items():
        rows.loc[rows["density"] == 0.01, name] = value
    assert curve(rows, "accuracy", 10).control.tolist() == [0.1, 1.0]


def test_a_replica_that_lacks_a_step_is_left_out():
    rows = table().drop(index=1)
    measured = curve(rows, "accuracy", 10, "num_kept")
    assert measured.control.tolist() == [3, 30, 300] and len(measured.values) == 1
