"""Dropout: each replica has its own rate in training and in evaluation."""

import pytest
import torch
from scipy import stats
from torch import nn

from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.models.dropout import PhaseDropout
from pruning_phases.streams import derive, key_words, stream_key

RATES = torch.tensor([0.0, 0.1, 0.5, 0.9, 0.99], dtype=torch.float64)


def dropout_only(vectorized: bool) -> Replicas:
    """Replicas of a dropout layer behind an identity, which shows the dropped units."""

    def build() -> nn.Module:
        linear = nn.Linear(40, 40, bias=False)
        nn.init.eye_(linear.weight)
        return nn.Sequential(linear, PhaseDropout(1))

    replicas = Replicas(Architecture(build, (40,)), list(range(len(RATES))))
    replicas.attach(vectorized)
    return replicas


@pytest.mark.parametrize("vectorized", [False, True])
@pytest.mark.parametrize("training", [True, False])
def test_fraction_dropped_is_the_replicas_rate_in_its_own_mode(vectorized, training):
    replicas = dropout_only(vectorized).train(training)
    other = torch.full_like(RATES, 0.3)
    replicas.set_dropout_rates(*((RATES, other) if training else (other, RATES)))
    replicas.set_dropout_draw(derive(key_words([stream_key(r) for r in range(len(RATES))]), 5))
    out = replicas(torch.ones(500, 40))
    for r, rate in enumerate(RATES.tolist()):
        dropped = int((out[r] == 0).sum())
        assert stats.binomtest(dropped, 20_000, rate).pvalue > 1e-4 if rate else dropped == 0
        kept = out[r][out[r] != 0]
        torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - rate)))


@pytest.mark.parametrize("vectorized", [False, True])
def test_rate_zero_is_no_dropout_exactly(vectorized):
    x = torch.randn(100, 40)
    replicas = dropout_only(vectorized)
    plain = replicas(x)
    replicas.set_dropout_rates(RATES, torch.zeros_like(RATES))
    replicas.set_dropout_draw(derive(key_words([stream_key(r) for r in range(len(RATES))]), 0))
    assert torch.equal(replicas(x)[0], plain[0])
    assert not torch.equal(replicas(x)[1], plain[1])


def test_masks_differ_between_draws_and_replicas_and_come_back():
    replicas = dropout_only(vectorized=True)
    half = torch.full_like(RATES, 0.5)
    replicas.set_dropout_rates(half, half)
    keys = key_words([stream_key(r) for r in range(len(RATES))])
    seen = []
    for draw in (0, 1, 0):
        replicas.set_dropout_draw(derive(keys, draw))
        seen.append(replicas(torch.ones(30, 40)))
    assert torch.equal(seen[0], seen[2])
    assert not torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0][0], seen[0][1])


def test_both_forms_drop_the_same_units():
    outs = []
    for vectorized in (False, True):
        replicas = dropout_only(vectorized)
        replicas.set_dropout_rates(RATES, RATES)
        replicas.set_dropout_draw(derive(key_words([stream_key(r) for r in range(len(RATES))]), 3))
        outs.append(replicas(torch.ones(30, 40)))
    assert torch.equal(*outs)
