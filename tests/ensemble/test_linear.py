"""Gradients of fully connected networks, written out, against autograd."""

import pytest
import torch

from pruning_phases.data.registry import load
from pruning_phases.ensemble.linear import LinearNetwork, linear_chain
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.streams import derive
from pruning_phases.training.run import architecture_of

X, Y = torch.randn(3, 9, 1, 8, 8), torch.randint(0, 10, (3, 9))


def replicas_of(configure, *overrides):
    config = configure(*overrides)
    replicas = Replicas(architecture_of(config, load(config)), [5, 6, 7])
    replicas.attach(vectorized=False)
    return replicas


@pytest.mark.parametrize("rates", [(0.0, 0.0, 0.0), (0.0, 0.3, 0.6)])
@pytest.mark.parametrize(
    "words",
    [["model.depth=1"], ["model.depth=2"], ["model.depth=5"],
     ["model.depth=3", "model.outputs=1", "dataset.num_classes=2"]],
    ids=" ".join,
)  # fmt: skip
def test_gradients_and_losses_are_those_of_autograd(configure, words, rates):
    replicas = replicas_of(configure, *words, "model.width=12")
    labels = Y % replicas.architecture.skeleton(X[0].to("meta")).shape[1]
    keys = derive(torch.arange(6, dtype=torch.int32).view(3, 2), 1)
    replicas.set_dropout_rates(torch.tensor(rates, dtype=torch.float64), torch.zeros(3))
    replicas.set_dropout_draw(keys)
    expected = replicas.backward(X, labels)
    gradients = {name: replicas.stacked(name).grad.clone() for name in replicas.names}
    for name in replicas.names:
        replicas.stacked(name).grad.fill_(torch.nan)
    chain = linear_chain(replicas)
    for r in range(3):
        loss = LinearNetwork(replicas, chain, r).backward(X[r], labels[r], keys[r])
        torch.testing.assert_close(loss, expected[r])
    for name, gradient in gradients.items():
        torch.testing.assert_close(replicas.stacked(name).grad, gradient, rtol=1e-4, atol=1e-6)
        assert gradient.abs().sum() > 0


def test_only_chains_of_linear_layers_on_the_cpu_have_this_form(configure):
    assert linear_chain(replicas_of(configure, "model=fc")) is not None
    assert linear_chain(replicas_of(configure, "model=cnn")) is None
    vectorized = replicas_of(configure, "model=fc")
    vectorized.attach(vectorized=True)
    assert linear_chain(vectorized) is None
