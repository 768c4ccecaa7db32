"""Scores against finite differences and explicit Hessians, on small networks."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

from pruning_phases.pruning.cut import cut
from pruning_phases.pruning.scores.force import score as force
from pruning_phases.pruning.scores.grasp import score as grasp
from pruning_phases.pruning.scores.prospr import score as prospr
from pruning_phases.pruning.scores.random import score as random_score
from pruning_phases.pruning.scores.snip import score as snip
from pruning_phases.pruning.scores.synflow import score as synflow
from pruning_phases.streams import key_words, stream_key


def network_of(kind):
    torch.manual_seed(0)
    if kind == "fc":
        module = nn.Sequential(nn.Flatten(), nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3))
        x = torch.randn(12, 1, 2, 4)
    else:
        module = nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(),
            nn.Linear(12, 4), nn.ReLU(), nn.Linear(4, 3),
        )  # fmt: skip
        x = torch.randn(12, 1, 4, 4)
    module = module.double()
    parameters = {name: part.detach().clone() for name, part in module.named_parameters()}
    prunable = [name for name in parameters if name.endswith("weight")]
    return (lambda p, batch: functional_call(module, p, (batch,))), parameters, prunable, x.double()


LABELS = torch.arange(12) % 3
KINDS = pytest.mark.parametrize("kind", ["fc", "conv"])


def changed(parameters, name, index, value):
    copy = dict(parameters)
    copy[name] = parameters[name].clone()
    copy[name].view(-1)[index] = value
    return copy


@KINDS
def test_snip_is_the_loss_s_slope_in_a_gate_of_each_weight(kind):
    network, parameters, prunable, x = network_of(kind)
    found = snip(network, parameters, prunable, x, LABELS)
    step = 1e-5
    slopes = {}
    for name in prunable:
        slopes[name] = torch.zeros(parameters[name].numel(), dtype=torch.float64)
        for index, weight in enumerate(parameters[name].view(-1).tolist()):
            losses = [
                F.cross_entropy(network(changed(parameters, name, index, weight * gate), x), LABELS)
                for gate in (1 + step, 1 - step)
            ]
            slopes[name][index] = (losses[0] - losses[1]).abs() / (2 * step)
    total = sum(part.sum() for part in slopes.values())
    for name in prunable:
        expected = (slopes[name] / total).view(parameters[name].shape)
        torch.testing.assert_close(found[name], expected, rtol=1e-5, atol=1e-9)
    assert float(sum(part.sum() for part in found.values())) == pytest.approx(1)


@KINDS
def test_force_is_the_slope_at_the_pruned_network_times_the_whole_weight(kind):
    network, whole, prunable, x = network_of(kind)
    generator = torch.Generator().manual_seed(1)
    kept = {name: torch.rand(whole[name].shape, generator=generator) < 0.5 for name in prunable}
    pruned = whole | {name: whole[name] * kept[name] for name in prunable}
    before = {name: whole[name] for name in prunable}
    found = force(network, pruned, prunable, before, x, LABELS)
    step = 1e-6
    for name in prunable:
        for index, weight in enumerate(pruned[name].view(-1).tolist()):
            above, below = (
                F.cross_entropy(network(changed(pruned, name, index, weight + sign), x), LABELS)
                for sign in (step, -step)
            )
            slope = float((above - below).abs()) / (2 * step)
            expected = slope * abs(float(whole[name].view(-1)[index]))
            assert float(found[name].view(-1)[index]) == pytest.approx(expected, rel=1e-4, abs=1e-8)
        assert (found[name][~kept[name]] > 0).any()  # a pruned weight may come back
    dense = force(network, whole, prunable, before, x, LABELS)
    total = sum(part.sum() for part in dense.values())
    for name, part in snip(network, whole, prunable, x, LABELS).items():
        torch.testing.assert_close(dense[name] / total, part)


@KINDS
def test_prospr_is_the_slope_of_the_loss_after_the_steps(kind):
    """Gates by finite differences of the whole descent, written out with autograd."""
    network, parameters, prunable, x = network_of(kind)
    first = prunable[0]
    parameters[first].view(-1)[2] = 0.0  # pruned before
    found = prospr(network, parameters, prunable, x, LABELS, steps=2, rate=0.3)

    def end_loss(name, index, gate):
        w = changed(parameters, name, index, float(parameters[name].view(-1)[index]) * gate)
        for part in range(2):
            rows = slice(4 * part, 4 * part + 4)
            leaves = {key: value.clone().requires_grad_() for key, value in w.items()}
            loss = F.cross_entropy(network(leaves, x[rows]), LABELS[rows])
            slopes = torch.autograd.grad(loss, list(leaves.values()))
            for (key, value), slope in zip(leaves.items(), slopes, strict=True):
                trained = (parameters[key] != 0) | (key not in prunable)
                w[key] = (value - 0.3 * slope * trained).detach()
        return float(F.cross_entropy(network(w, x[8:]), LABELS[8:]))

    step = 1e-5
    for name in prunable:
        for index in range(0, parameters[name].numel(), 3):
            above, below = (end_loss(name, index, 1 + sign) for sign in (step, -step))
            expected = abs(above - below) / (2 * step)
            assert float(found[name].view(-1)[index]) == pytest.approx(expected, rel=1e-3, abs=1e-8)
    assert float(found[first].view(-1)[2]) == 0
    without = prospr(network, parameters, prunable, x, LABELS, steps=0)
    total = sum(part.sum() for part in without.values())
    for name, part in snip(network, parameters, prunable, x, LABELS).items():
        torch.testing.assert_close(without[name] / total, part)


@KINDS
@pytest.mark.parametrize("temperature", [1.0, 200.0])
def test_grasp_is_the_weight_times_an_explicit_hessian_times_the_gradient(kind, temperature):
    network, parameters, prunable, x = network_of(kind)
    found = grasp(network, parameters, prunable, x, LABELS, temperature)
    names = list(parameters)
    sizes = [parameters[name].numel() for name in names]

    def loss(flat):
        pieces = dict(zip(names, flat.split(sizes), strict=True))
        shaped = {name: piece.view(parameters[name].shape) for name, piece in pieces.items()}
        return F.cross_entropy(network(shaped, x) / temperature, LABELS)

    flat = torch.cat([part.reshape(-1) for part in parameters.values()])
    hessian = torch.autograd.functional.hessian(loss, flat)
    gradient = torch.func.grad(loss)(flat)
    expected = dict(zip(names, (flat * (hessian @ gradient)).split(sizes), strict=True))
    for name in prunable:
        torch.testing.assert_close(found[name].reshape(-1), expected[name], rtol=1e-9, atol=1e-16)


def test_pruning_low_grasp_scores_keeps_the_norm_of_the_gradient():
    """The sign: removing a weight changes |g|^2 by -2 s to first order."""
    network, parameters, prunable, x = network_of("fc")
    found = grasp(network, parameters, prunable, x, LABELS, 1.0)

    def squared_norm(p):
        gradient = torch.func.grad(lambda q: F.cross_entropy(network(q, x), LABELS))(p)
        return sum(float((part**2).sum()) for part in gradient.values())

    before = squared_norm(parameters)
    fraction = 1e-5  # of the weight
    for name in prunable:
        for index, weight in enumerate(parameters[name].view(-1).tolist()):
            shrunk = squared_norm(changed(parameters, name, index, weight * (1 - fraction)))
            expected = -2 * fraction * float(found[name].view(-1)[index])
            assert shrunk - before == pytest.approx(expected, rel=1e-2, abs=1e-10)


@KINDS
def test_synflow_is_the_flow_through_each_weight_and_conserved_layer_by_layer(kind):
    network, parameters, prunable, x = network_of(kind)
    found = synflow(network, parameters, prunable, x[:1])
    ones = torch.ones_like(x[:1])
    positive = {
        name: part.abs() if name in prunable else torch.zeros_like(part)
        for name, part in parameters.items()
    }
    flow = float(network(positive, ones).sum())
    sums = [float(found[name].sum()) for name in prunable]
    np.testing.assert_allclose(sums, flow, rtol=1e-12)
    for name in prunable:
        for index, weight in enumerate(positive[name].view(-1).tolist()):
            without = float(network(changed(positive, name, index, weight * 0.5), ones).sum())
            drop = 2 * (flow - without)
            # Max pooling may take another input once the weight is smaller.
            assert drop <= float(found[name].view(-1)[index]) * (1 + 1e-9) + 1e-12
            if kind == "fc":
                assert drop == pytest.approx(float(found[name].view(-1)[index]))


def test_synflow_scores_of_pruned_weights_are_zero_and_biases_do_not_enter():
    network, parameters, prunable, x = network_of("fc")
    masked = {name: part * (torch.rand_like(part) < 0.5) for name, part in parameters.items()}
    found = synflow(network, masked, prunable, x[:1])
    for name in prunable:
        assert (found[name][masked[name] == 0] == 0).all()
    other = {name: part if name in prunable else part + 1 for name, part in masked.items()}
    again = synflow(network, other, prunable, x[:1])
    assert all(torch.equal(found[name], again[name]) for name in prunable)


def test_random_scores_choose_every_weight_equally_often():
    keys = key_words([stream_key(r) for r in range(2000)])
    kept = cut(random_score(keys, 20), torch.ones(2000, 20, dtype=torch.bool), 5)
    frequency = kept.double().mean(dim=0)
    assert (frequency - 0.25).abs().max() < 5 * (0.25 * 0.75 / 2000) ** 0.5
