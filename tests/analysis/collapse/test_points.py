"""Points: what finite-size scaling needs of them."""

import numpy as np
import pytest

from pruning_phases.analysis.collapse.points import Points, check_points
from pruning_phases.errors import UserError


def test_neighbouring_sizes_must_share_more_than_one_control():
    control = np.concatenate([np.arange(12.0), np.arange(11.0, 23.0)])
    size = np.repeat([8.0, 16.0], 12)
    touching = Points(control, size, control, np.ones(24))
    with pytest.raises(UserError, match="sizes 8 and 16 share no range"):
        check_points(touching, "here")
    overlapping = Points(control - (size > 8), size, control, np.ones(24))
    assert check_points(overlapping, "here") is overlapping
