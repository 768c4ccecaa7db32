"""Control parameters from the table of a run's observables."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.errors import UserError
from pruning_phases.observables.controls import CONTROLS, control_values

TABLE = pd.DataFrame(
    {"density": [1.0, 0.1], "num_kept": [300, 30], "effective_density": [1.0, 0.09 - 1e-12],
     "mean_degree": [5.0, 1.5]}
)  # fmt: skip


def test_controls_are_columns_or_the_number_of_weights_on_a_path():
    found = {name: control_values(TABLE, name).tolist() for name in CONTROLS}
    assert found == {
        "density": [1.0, 0.1], "num_kept": [300, 30], "mean_degree": [5.0, 1.5],
        "effective_kept": [300, 27],
    }  # fmt: skip


def test_a_control_that_is_not_known_names_the_cure():
    with pytest.raises(UserError, match="control=mean_degree: the run has no mean_degree"):
        control_values(TABLE.drop(columns="mean_degree"), "mean_degree")
    with pytest.raises(UserError, match="control=mean_degree: not known.*choose density"):
        control_values(TABLE.assign(mean_degree=np.nan), "mean_degree")
