"""Curves of accuracy and connectivity from a table of observables."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.percolation.read import graph_curves
from pruning_phases.errors import UserError

DENSITY = np.array([1.0, 0.5, 0.2, 0.1, 0.05, 0.0])
ACCURACY = np.array([[0.9, 0.8, 0.5, 0.3, 0.1, 0.1], [0.8, 0.8, 0.4, 0.2, 0.1, 0.1]])
PATHS = np.array([[9.0, 8, 5, -np.inf, -np.inf, -np.inf], [9.0, 8, 5, 2, -np.inf, -np.inf]])


def table():
    rows = pd.DataFrame(
        {"replica": np.repeat([0, 1], 6), "density": np.tile(DENSITY, 2),
         "accuracy": ACCURACY.ravel(), "log_num_paths": PATHS.ravel()}
    )  # fmt: skip
    return rows.assign(
        num_kept=(100 * rows["density"]).astype(int), p_train=0.0, p_eval=0.0, train_size=9,
        largest_cluster=rows["density"], mean_cluster=1 - rows["density"],
    )  # fmt: skip


def test_accuracies_are_above_chance_and_relative_to_the_dense_network():
    curves = graph_curves(table(), 10, "runs")
    np.testing.assert_array_equal(curves.control, DENSITY[-2::-1])  # without the empty network
    above = (ACCURACY - 0.1)[:, -2::-1]
    np.testing.assert_allclose(curves.accuracy, above / above[:, -1:], atol=1e-12)
    assert (curves.accuracy[:, -1] == 1).all() and curves.accuracy[0, 0] == 0


def test_a_network_is_connected_while_it_has_a_path():
    curves = graph_curves(table(), 10, "runs")
    assert curves.connected.tolist() == [[0, 0, 1, 1, 1], [0, 1, 1, 1, 1]]
    np.testing.assert_array_equal(curves.largest_cluster, np.tile(curves.control, (2, 1)))


def test_the_order_of_the_rows_does_not_matter():
    expected = graph_curves(table(), 10, "runs")
    found = graph_curves(table().sample(frac=1, random_state=1), 10, "runs")
    for name in expected.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="mean_cluster"), "has no mean_cluster: made by an earlier"),
        (lambda t: t.assign(p_eval=[0.0, 0.5] * 6), "holds several p_train, p_eval"),
        (lambda t: t.assign(density=t["density"] / 2), "the dense network among them"),
        (lambda t: t[t["replica"] == 0], "there are 1 and 5"),
        (lambda t: t[~t["density"].isin([0.5, 0.2])], "there are 2 and 3"),
    ],
)
def test_an_unsuitable_table_is_refused_with_its_runs(change, said):
    with pytest.raises(UserError, match=f"runs.*{said}"):
        graph_curves(change(table()), 10, "runs")
