"""Losses of families of graphs: exact means, paired errors, coverage."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.rewiring.fit import band, excess
from pruning_phases.analysis.rewiring.read import Trained


def trained(final, losses=None):
    """A family whose pruned networks have these final losses, by name."""
    finals = pd.DataFrame({"final_training_loss": final})
    losses = pd.DataFrame({10: final}) if losses is None else losses
    return Trained("system", 0.1, "random", losses, finals, 1.0, [])


def test_scatter_that_two_families_share_cancels_in_their_difference():
    generator = np.random.default_rng(0)
    names = [f"0:{number}" for number in range(6)]
    network = pd.Series(10 * generator.normal(size=6), names)
    own = pd.Series(0.1 * generator.normal(size=6), names)
    mean, error = excess(trained(network + 0.5 + own), trained(network), "final_training_loss")
    assert mean == pytest.approx(0.5 + own.mean()) and error == pytest.approx(own.sem())


def test_networks_that_one_family_lacks_are_left_out():
    first = trained(pd.Series({"0:0": 1.0, "0:1": 2.0, "0:2": 9.0}))
    second = trained(pd.Series({"0:2": 6.0, "0:1": 1.0, "1:0": 50.0}))
    mean, error = excess(first, second, "final_training_loss")
    assert (mean, error) == (pytest.approx(2.0), pytest.approx(1.0))
    assert np.isnan(excess(first, trained(pd.Series({"7:7": 1.0})), "final_training_loss")).all()


def test_errors_of_the_difference_cover_it_as_often_as_they_say():
    generator = np.random.default_rng(1)
    within = []
    for _ in range(300):
        shared, noise = generator.normal(size=(2, 12))
        mean, error = excess(
            trained(pd.Series(shared + 0.3 + 0.2 * noise)), trained(pd.Series(shared)),
            "final_training_loss",
        )  # fmt: skip
        within.append(abs(mean - 0.3) < error)
    assert 0.57 < np.mean(within) < 0.75  # 66% for Student's t with 11 degrees of freedom


def test_updates_that_a_network_lacks_are_left_out_of_the_band():
    losses = pd.DataFrame({5: [4.0, 6.0], 10: [2.0, np.nan], 15: [1.0, 3.0]})
    updates, mean, error = band(trained(pd.Series([1.0, 3.0]), losses))
    assert updates.tolist() == [5, 15] and mean.tolist() == [5, 2] and error.tolist() == [1, 1]
