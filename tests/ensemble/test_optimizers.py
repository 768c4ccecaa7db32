"""One optimizer for all replicas against PyTorch's own optimizer of one network."""

import pytest
import torch
from torch import nn

from pruning_phases.config.optimizer import AdamConfig, OptimizerConfig, SgdConfig
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.optimizers import (
    build_optimizer,
    forget_pruned_weights,
    load_state,
    set_num_updates,
    state_tensors,
)
from pruning_phases.ensemble.replicas import Replicas

ADAM = AdamConfig(name="adam", lr=0.03, beta1=0.8, beta2=0.95, weight_decay=0.02)
SGD = SgdConfig(name="sgd", lr=0.05, momentum=0.7, weight_decay=0.02)
PLAIN = SgdConfig(name="sgd", lr=0.05, momentum=0.0)
REFERENCES = {
    "adam": lambda p: torch.optim.Adam(p, 0.03, (0.8, 0.95), weight_decay=0.02, foreach=False),
    "sgd": lambda p: torch.optim.SGD(p, 0.05, 0.7, weight_decay=0.02, foreach=False),
}
INIT_KEYS = [3, 4, 5]


def build():
    return nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4))


def replicas_of(keys):
    replicas = Replicas(Architecture(build, (2, 4, 4)), keys)
    replicas.attach(vectorized=False)
    return replicas


def batches(count, first=0):
    """Own examples of each of three replicas, update by update."""
    for update in range(first, first + count):
        generator = torch.Generator().manual_seed(update)
        x = torch.randn(3, 6, 2, 4, 4, generator=generator)
        yield x, torch.randint(0, 4, (3, 6), generator=generator)


def train(replicas, optimizer, updates):
    for x, y in updates:
        replicas.backward(x, y)
        optimizer.step()


def weights(replicas):
    return {name: replicas.stacked(name).detach().clone() for name in replicas.names}


@pytest.mark.parametrize("config", [ADAM, SGD], ids=lambda config: config.name)
def test_every_replica_is_updated_as_pytorch_updates_one_network(config):
    replicas = replicas_of(INIT_KEYS)
    train(replicas, build_optimizer(config, replicas), batches(12))
    for r, key in enumerate(INIT_KEYS):
        torch.manual_seed(key)
        alone = build()
        reference = REFERENCES[config.name](alone.parameters())
        for x, y in batches(12):
            reference.zero_grad()
            nn.functional.cross_entropy(alone(x[r]), y[r]).backward()
            reference.step()
        for name, parameter in alone.named_parameters():
            own = replicas.stacked(name)[r]
            torch.testing.assert_close(own, parameter, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("config", [ADAM, SGD, PLAIN], ids=["adam", "sgd", "sgd without momentum"])
def test_an_optimizer_with_a_loaded_state_continues_to_the_bit(config):
    whole = replicas_of(INIT_KEYS)
    optimizer = build_optimizer(config, whole)
    train(whole, optimizer, batches(5))
    resumed = replicas_of([0, 0, 0])
    with torch.no_grad():
        for name, tensor in weights(whole).items():
            resumed.stacked(name).copy_(tensor)
    other = build_optimizer(config, resumed)
    saved = {name: tensor.contiguous() for name, tensor in state_tensors(optimizer, whole).items()}
    load_state(other, resumed, saved)
    for replicas, own in ((whole, optimizer), (resumed, other)):
        train(replicas, own, batches(5, first=5))
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, resumed.stacked(name))


def test_a_loaded_state_has_the_memory_layout_of_the_parameters():
    replicas = replicas_of(INIT_KEYS)
    optimizer = build_optimizer(ADAM, replicas)
    train(replicas, optimizer, batches(1))
    saved = {name: v.contiguous() for name, v in state_tensors(optimizer, replicas).items()}
    load_state(optimizer, replicas, saved)
    kernels = replicas.stacked("0.weight")
    assert not kernels.is_contiguous()
    for key in ("exp_avg", "exp_avg_sq"):
        assert optimizer.state[kernels][key].stride() == kernels.stride()


@pytest.mark.parametrize("config", [ADAM, SGD], ids=lambda config: config.name)
def test_the_momentum_of_pruned_weights_is_erased_and_that_of_others_stays(config):
    replicas = replicas_of(INIT_KEYS)
    optimizer = build_optimizer(config, replicas)
    train(replicas, optimizer, batches(2))
    masks = {
        layer: torch.rand(weight.shape) < 0.5 for layer, weight in replicas.layer_weights().items()
    }
    replicas.set_masks(masks)
    before = {name: v.clone() for name, v in state_tensors(optimizer, replicas).items()}
    forget_pruned_weights(optimizer, replicas)
    for address, after in state_tensors(optimizer, replicas).items():
        name = address.split("|")[0]
        if name in replicas.layer_of and after.dim() > 0:
            mask = masks[replicas.layer_of[name]]
            assert (after[~mask] == 0).all() and (before[address] != 0).any()
            assert torch.equal(after[mask], before[address][mask])
        else:
            assert torch.equal(after, before[address])


def test_the_count_of_updates_sets_the_bias_correction():
    """With a large count a first update is about (1 - beta1) / sqrt(1 - beta2) times smaller."""
    steps = []
    for count in (0, 10**6):
        replicas = replicas_of(INIT_KEYS)
        config = AdamConfig(name="adam", lr=0.01)
        optimizer = build_optimizer(config, replicas)
        zero = {name: torch.zeros_like(tensor) for name, tensor in weights(replicas).items()}
        state = {f"{n}|{k}": z for n, z in zero.items() for k in ("exp_avg", "exp_avg_sq")}
        load_state(optimizer, replicas, state | {f"{n}|step": torch.tensor(0.0) for n in zero})
        set_num_updates(optimizer, count)
        before = weights(replicas)
        train(replicas, optimizer, batches(1))
        steps.append((replicas.stacked("3.weight") - before["3.weight"]).detach())
    moved = steps[0].abs() > 1e-3
    expected = (1 - 0.9) / (1 - 0.999) ** 0.5
    torch.testing.assert_close(
        (steps[1] / steps[0])[moved], torch.full_like(steps[0][moved], expected), rtol=1e-2, atol=0
    )


def test_an_unknown_optimizer_is_an_error():
    with pytest.raises(TypeError, match="no optimizer for OptimizerConfig"):
        build_optimizer(OptimizerConfig(name="newton"), replicas_of([0]))
