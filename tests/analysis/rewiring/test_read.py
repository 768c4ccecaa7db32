"""The final training loss of a network: a mean over the last tenth of its updates."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.rewiring.read import final_loss


@pytest.mark.parametrize("updates", [[100], [50, 100], [10, 95, 100], list(range(1, 101))])
def test_a_constant_loss_is_its_own_final_loss(updates):
    rows = pd.DataFrame({"update": updates, "train_loss": 0.7})
    assert final_loss(rows) == pytest.approx(0.7)


def test_the_final_loss_weights_rows_by_their_updates_in_the_last_tenth():
    every = pd.DataFrame({"update": range(1, 201), "train_loss": np.arange(200.0) ** 2})
    expected = (np.arange(180.0, 200) ** 2).mean()
    assert final_loss(every) == pytest.approx(expected)
    # The same losses as means over blocks of five updates.
    blocks = every.groupby((every["update"] - 1) // 5).agg({"update": "last", "train_loss": "mean"})
    assert final_loss(blocks) == pytest.approx(expected)
