"""The cut: exactly k, only from the living, the same on a tie, and for good."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pruning_phases.config.groups import AdamConfig, SgdConfig
from pruning_phases.ensemble.optimizers import build_optimizer, forget_pruned_weights
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.errors import RunError, UserError
from pruning_phases.pruning.cut import cut
from pruning_phases.pruning.schedules import kept_counts, kept_densities
from pruning_phases.pruning.scores import random as random_scores
from pruning_phases.streams import key_words, stream_key
from pruning_phases.training.callbacks.prune import layer_counts

DEFAULTS = {
    "steps": 5,
    "final_density": 0.0,
    "switch_density": 0.02,
    "coarse_steps": 3,
    "densities": None,
}


def schedule(name: str, **given_values) -> list[float]:
    return kept_densities(name, **(DEFAULTS | given_values))


@settings(max_examples=300, deadline=None)
@given(
    num_weights=st.integers(10, 1000),
    num_replicas=st.integers(1, 4),
    levels=st.sampled_from([1, 2, 5, 10**6]),
    data=st.data(),
)
def test_random_schedules_are_met_exactly_and_masks_only_shrink(
    num_weights, num_replicas, levels, data
):
    counts = data.draw(
        st.lists(st.integers(0, num_weights - 1), min_size=1, max_size=8, unique=True)
    )
    rng = np.random.default_rng(num_weights)
    alive = torch.ones(num_replicas, num_weights, dtype=torch.bool)
    for count in sorted(counts, reverse=True):
        scores = torch.from_numpy(rng.integers(0, levels, alive.shape)).float()
        kept = cut(scores, alive, count)
        assert (kept.sum(dim=1) == count).all()
        assert not (kept & ~alive).any()
        for r in range(num_replicas):
            if 0 < count < int(alive[r].sum()):
                assert scores[r][kept[r]].min() >= scores[r][alive[r] & ~kept[r]].max()
        alive = kept


def test_of_equal_scores_the_lower_index_is_kept():
    alive = torch.tensor([[True, False, True, True, True, True]])
    scores = torch.tensor([[1.0, 9.0, 1.0, 2.0, 1.0, 0.0]])
    assert cut(scores, alive, 3).tolist() == [[True, False, True, True, False, False]]
    assert cut(scores, alive, 0).tolist() == [[False] * 6]


def test_a_cut_that_is_none_and_a_nan_are_refused():
    alive = torch.ones(1, 4, dtype=torch.bool)
    for count in (4, 5, -1):
        with pytest.raises(RunError, match="no cut"):
            cut(torch.rand(1, 4), alive, count)
    with pytest.raises(RunError, match="NaN"):
        cut(torch.tensor([[1.0, torch.nan, 2.0, 3.0]]), alive, 2)


def test_dead_weights_scores_are_not_read():
    alive = torch.tensor([[True, False, True]])
    assert cut(torch.tensor([[1.0, torch.nan, 2.0]]), alive, 1).tolist() == [[False, False, True]]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=6), st.data())
def test_layer_counts_share_exactly_and_ask_no_more_than_there_is(alive, data):
    total = sum(alive)
    if total == 0:
        return
    num_kept = data.draw(st.integers(0, total - 1))
    counts = layer_counts(num_kept, alive, alive)
    assert sum(counts) == num_kept
    for count, before in zip(counts, alive, strict=True):
        assert 0 <= count <= before
        assert abs(count - num_kept * before / total) < 1


@pytest.mark.parametrize("sizes", [[235200, 60000, 20000, 1000], [72, 1152, 4608, 36864, 1280]])
def test_layers_keep_their_share_over_thousands_of_steps(sizes):
    alive = list(sizes)
    for count in kept_counts(schedule("linear", steps=5000), sum(sizes)):
        counts = layer_counts(count, sizes, alive)
        assert sum(counts) == count
        for kept, size, before in zip(counts, sizes, alive, strict=True):
            assert kept <= before
            assert abs(kept - count * size / sum(sizes)) <= 1
        alive = counts


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["linear", "geometric", "two_stage"]),
    steps=st.integers(1, 60),
    final=st.floats(0.0, 0.5),
    num_weights=st.integers(10, 1000),
)
def test_schedules_fall_to_their_end_or_say_what_is_wrong(name, steps, final, num_weights):
    try:
        densities = schedule(name, steps=steps, final_density=final, switch_density=0.6)
        counts = kept_counts(densities, num_weights)
    except UserError as error:
        assert "pruner" in str(error)
        return
    assert counts[-1] == round(final * num_weights)
    assert all(a > b for a, b in zip([num_weights, *counts], counts, strict=False))


def test_schedules_are_what_they_say():
    linear = schedule("linear", steps=5000)
    np.testing.assert_allclose(np.diff([1, *linear]), -1 / 5000, atol=1e-12)
    geometric = np.array(schedule("geometric", steps=10, final_density=0.001))
    np.testing.assert_allclose(geometric[1:] / geometric[:-1], 0.001**0.1)
    two_stage = np.array(schedule("two_stage", steps=5000, final_density=0.001, coarse_steps=4))
    assert two_stage[3] == pytest.approx(0.02)
    np.testing.assert_allclose(np.diff(two_stage[3:]), -1 / 5000, atol=1e-12)
    assert schedule("list", densities=[0.5, 0.1]) == [0.5, 0.1]


@pytest.mark.parametrize("densities", [[0.5, 0.6], [1.0, 0.5], [0.5, 0.5], [-0.1], []])
def test_densities_that_do_not_fall_are_refused(densities):
    with pytest.raises(UserError, match=r"pruner\.densities"):
        schedule("list", densities=densities)


@pytest.mark.parametrize(
    "optimizer",
    [
        AdamConfig(name="adam", lr=0.1, weight_decay=0.1),
        SgdConfig(name="sgd", lr=0.1, momentum=0.9, weight_decay=0.1),
    ],
)
def test_cut_weights_stay_zero_under_momentum_and_weight_decay(optimizer):
    replicas = Replicas(lambda: torch.nn.Linear(20, 10), [1, 2])
    replicas.attach(vectorized=False)
    updates = build_optimizer(optimizer, replicas)

    def update() -> None:
        replicas.backward(torch.randn(2, 8, 20), torch.randint(0, 10, (2, 8)))
        replicas.mask_gradients()
        updates.step()

    for _ in range(3):
        update()
    alive = torch.ones(2, 200, dtype=torch.bool)
    for count in (100, 20):
        alive = cut(replicas.stacked("weight").detach().abs().view(2, -1), alive, count)
        replicas.set_masks({"": alive.view(2, 10, 20)})
        forget_pruned_weights(updates, replicas)
        for _ in range(5):
            update()
            weights = replicas.stacked("weight").view(2, -1)
            assert (weights[~alive] == 0).all()
            assert (weights[alive] != 0).all()
            assert (replicas.stacked("weight").grad.view(2, -1)[~alive] == 0).all()


def test_random_scores_choose_every_weight_equally_often():
    keys = key_words([stream_key(r) for r in range(2000)])
    kept = cut(random_scores(keys, 20), torch.ones(2000, 20, dtype=torch.bool), 5)
    frequency = kept.double().mean(dim=0)
    assert (frequency - 0.25).abs().max() < 5 * (0.25 * 0.75 / 2000) ** 0.5
