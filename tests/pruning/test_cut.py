"""The cut: exact counts, only surviving weights, the same result for ties, no weight returns."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.config.optimizer import AdamConfig, SgdConfig
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.optimizers import build_optimizer, forget_pruned_weights
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.errors import RunError
from pruning_phases.pruning.cut import cut
from pruning_phases.pruning.schedules import kept_counts
from pruning_phases.training.callbacks.prune import layer_counts


@settings(max_examples=300, deadline=None)
@given(
    num_weights=st.integers(10, 1000),
    num_replicas=st.integers(1, 4),
    levels=st.sampled_from([1, 2, 5, 10**6]),
    data=st.data(),
)
def test_random_counts_are_met_exactly_and_masks_only_shrink(
    num_weights, num_replicas, levels, data
):
    counts = data.draw(
        st.lists(st.integers(0, num_weights - 1), min_size=1, max_size=8, unique=True)
    )
    rng = np.random.default_rng(num_weights)
    surviving = torch.ones(num_replicas, num_weights, dtype=torch.bool)
    for count in sorted(counts, reverse=True):
        scores = torch.from_numpy(rng.integers(0, levels, surviving.shape)).float()
        kept = cut(scores, surviving, count)
        assert (kept.sum(dim=1) == count).all()
        assert not (kept & ~surviving).any()
        for r in range(num_replicas):
            if 0 < count < int(surviving[r].sum()):
                assert scores[r][kept[r]].min() >= scores[r][surviving[r] & ~kept[r]].max()
        surviving = kept


def test_among_equal_scores_the_lower_index_is_kept():
    surviving = torch.tensor([[True, False, True, True, True, True]])
    scores = torch.tensor([[1.0, 9.0, 1.0, 2.0, 1.0, 0.0]])
    assert cut(scores, surviving, 3).tolist() == [[True, False, True, True, False, False]]
    assert cut(scores, surviving, 0).tolist() == [[False] * 6]


def test_a_count_that_does_not_fall_and_a_nan_are_refused():
    surviving = torch.ones(1, 4, dtype=torch.bool)
    for count in (4, 5, -1):
        with pytest.raises(RunError, match="cannot be cut"):
            cut(torch.rand(1, 4), surviving, count)
    with pytest.raises(RunError, match="NaN"):
        cut(torch.tensor([[1.0, torch.nan, 2.0, 3.0]]), surviving, 2)


def test_scores_of_pruned_weights_are_not_read():
    surviving = torch.tensor([[True, False, True]])
    assert cut(torch.tensor([[1.0, torch.nan, 2.0]]), surviving, 1).tolist() == [
        [False, False, True]
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=6), st.data())
def test_layer_counts_add_up_and_never_exceed_the_surviving_weights(surviving, data):
    total = sum(surviving)
    if total == 0:
        return
    num_kept = data.draw(st.integers(0, total - 1))
    counts = layer_counts(num_kept, surviving, surviving)
    assert sum(counts) == num_kept
    for count, before in zip(counts, surviving, strict=True):
        assert 0 <= count <= before
        assert abs(count - num_kept * before / total) < 1


@pytest.mark.parametrize("sizes", [[235200, 60000, 20000, 1000], [72, 1152, 4608, 36864, 1280]])
def test_layers_keep_their_fraction_over_thousands_of_steps(sizes):
    surviving = list(sizes)
    densities = [1 - i / 5000 for i in range(1, 5001)]
    for count in kept_counts(densities, sum(sizes)):
        counts = layer_counts(count, sizes, surviving)
        assert sum(counts) == count
        for kept, size, before in zip(counts, sizes, surviving, strict=True):
            assert kept <= before
            assert abs(kept - count * size / sum(sizes)) <= 1
        surviving = counts


@pytest.mark.parametrize(
    "optimizer",
    [
        AdamConfig(name="adam", lr=0.1, weight_decay=0.1),
        SgdConfig(name="sgd", lr=0.1, momentum=0.9, weight_decay=0.1),
    ],
)
def test_pruned_weights_stay_zero_under_momentum_and_weight_decay(optimizer):
    replicas = Replicas(Architecture(lambda: torch.nn.Linear(20, 10), (20,)), [1, 2])
    replicas.attach(vectorized=False)
    updates = build_optimizer(optimizer, replicas)

    def update() -> None:
        replicas.backward(torch.randn(2, 8, 20), torch.randint(0, 10, (2, 8)))
        replicas.mask_gradients()
        updates.step()

    for _ in range(3):
        update()
    surviving = torch.ones(2, 200, dtype=torch.bool)
    for count in (100, 20):
        surviving = cut(replicas.stacked("weight").detach().abs().view(2, -1), surviving, count)
        replicas.set_masks({"": surviving.view(2, 10, 20)})
        forget_pruned_weights(updates, replicas)
        for _ in range(5):
            update()
            weights = replicas.stacked("weight").view(2, -1)
            assert (weights[~surviving] == 0).all()
            assert (weights[surviving] != 0).all()
            assert (replicas.stacked("weight").grad.view(2, -1)[~surviving] == 0).all()
