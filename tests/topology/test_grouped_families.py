"""Masks of the families for grouped convolutions; ``test_rewire.py`` tests the samplers."""

import numpy as np
import pytest

from pruning_phases.config.enums import Family
from pruning_phases.topology.families import mask_of

GROUPS = 3
SHAPE = (12, 4, 2, 2)  # twelve in-channels, four of each group


def sampled(family, density=0.3, groups=GROUPS, seed=0):
    mask = np.random.default_rng(seed).random(SHAPE) < density
    return mask, *mask_of(family, mask, 20.0, np.random.default_rng(1), groups)


def graph(mask):
    """The graph of all in-nodes: blocks of the groups along the diagonal."""
    blocks = mask.reshape(GROUPS, len(mask) // GROUPS, -1)
    num_out, num_in = blocks.shape[1:]
    whole = np.zeros((GROUPS * num_out, GROUPS * num_in), dtype=int)
    for g, block in enumerate(blocks):
        whole[g * num_out : (g + 1) * num_out, g * num_in : (g + 1) * num_in] = block
    return whole


KEPT = {
    Family.rewired: lambda edges: [*edges.sum(0), *edges.sum(1)],
    Family.in_degrees: lambda edges: edges.sum(1),
    Family.out_degrees: lambda edges: edges.sum(0),
    Family.active_nodes: lambda edges: [*edges.any(0), *edges.any(1)],
    Family.random: lambda edges: edges.sum(),
}


@pytest.mark.parametrize("family", KEPT)
def test_each_group_has_in_nodes_of_its_own(family):
    mask, sample, swaps = sampled(family)
    assert sample.shape == SHAPE and sample.dtype == bool and (sample != mask).any()
    np.testing.assert_array_equal(KEPT[family](graph(sample)), KEPT[family](graph(mask)))
    if swaps is not None:
        overlap = (sample & mask).sum() / mask.sum()
        assert swaps.overlap[-1] == pytest.approx(overlap)
        assert swaps.tried_per_edge > 10 and swaps.note is None and swaps.levelled_off


def test_groups_that_cannot_change_are_counted_in_the_note():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[:4, :2, 0, 0] = np.eye(4, 2, dtype=bool)
    sample, swaps = mask_of(Family.rewired, mask, 20.0, np.random.default_rng(0), GROUPS)
    assert sample.sum() == 2 and "0 edges allow no other graph" in swaps.note
    assert swaps.note.endswith("(in 2 of 3 groups)")
    assert mask_of(Family.rewired, 0 * mask == 1, 20.0, np.random.default_rng(0), GROUPS)[1].note
