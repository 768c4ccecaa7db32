"""Masks of every family keep the property that names it, in layers of every kind."""

import numpy as np
import pytest

from pruning_phases.config.enums import FAMILIES, Family
from pruning_phases.topology.families import MIXED, SAMPLED, mask_of

SHAPES = [(6, 9), (5, 3, 3, 3)]  # of a linear layer and of a convolution
PROPERTIES = {
    "original": lambda graph: graph,
    "reinitialized": lambda graph: graph,
    "rewired": lambda graph: np.concatenate([graph.sum(axis=0), graph.sum(axis=1)]),
    "in_degrees": lambda graph: graph.sum(axis=1),
    "out_degrees": lambda graph: graph.sum(axis=0),
    "active_nodes": lambda graph: np.concatenate([graph.any(axis=0), graph.any(axis=1)]),
    "random": lambda graph: graph.sum(),
}


def sample(family, mask, seed=1):
    return mask_of(Family[family], mask, 20.0, np.random.default_rng(seed))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_the_property_is_kept_for_kernel_positions_as_in_nodes(family, shape, density):
    mask = np.random.default_rng(0).random(shape) < density
    found, swaps = sample(family, mask)
    assert found.shape == mask.shape and found.dtype == bool and found.sum() == mask.sum()
    graphs = [one.reshape(shape[0], -1) for one in (found, mask)]
    np.testing.assert_array_equal(*map(PROPERTIES[family], graphs))
    assert (swaps is not None) == (Family[family] in MIXED)
    changes = density == 0.3 and family not in ("original", "reinitialized")
    assert (found != mask).any() == changes


@pytest.mark.parametrize("kept", ["in_degrees", "out_degrees", "active_nodes"])
def test_only_the_families_that_promise_a_property_keep_it(kept):
    """Otherwise two names would stand for one control."""
    mask = np.random.default_rng(0).random((12, 40)) < 0.05
    of = PROPERTIES[kept]
    keeping = {
        family.name
        for family in [*SAMPLED, *MIXED]
        if all((of(sample(family.name, mask, seed)[0]) == of(mask)).all() for seed in range(20))
    }
    assert keeping == {kept, "rewired"}


def test_a_dense_network_has_no_family():
    with pytest.raises(KeyError):
        sample("dense", np.ones((2, 2), dtype=bool))
