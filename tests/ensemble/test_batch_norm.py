"""Running statistics belong to a replica, in both forms, and training updates alone change them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pruning_phases.data.registry import load
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.optimizers import build_optimizer
from pruning_phases.errors import UserError
from pruning_phases.models.dropout import PhaseDropout
from pruning_phases.streams import derive
from pruning_phases.training.callbacks.prune import network_scores
from pruning_phases.training.evaluate import evaluate, evaluation_mode, train_set_observables
from pruning_phases.training.run import build_module
from tests.support.batch_norm import CNN, NORMALIZED, Averaged, chain, copies, replicas_of
from tests.support.batch_norm import normalized as normalized_cnn

FORMS = pytest.mark.parametrize("vectorized", [False, True], ids=["loop", "vectorized"])


@pytest.fixture
def module(configure, monkeypatch):
    """module(vectorized, ...): networks on digits after five updates."""
    monkeypatch.setattr("pruning_phases.models.cnn.build", normalized_cnn)

    def built(vectorized, *overrides):
        config = configure(*CNN, "num_replicas=3", "pruner.score_examples=40", *overrides)
        module = build_module(config, load(config))
        module.replicas.attach(vectorized)
        module.replicas.train()
        module.begin_step(0)
        for indices in module.source.order.updates(0, 5):
            module.training_step(indices[None], 0)
        module.step = 1
        return module

    return built


def with_average():
    return nn.Sequential(
        nn.Flatten(), Averaged(), nn.Linear(64, 5, bias=False), nn.BatchNorm1d(5)
    )  # fmt: skip


@pytest.fixture
def precision():
    """precision(dtype): the type of the weights of this test's networks."""
    yield torch.set_default_dtype
    torch.set_default_dtype(torch.float32)


@FORMS
@pytest.mark.parametrize(
    ("optimizer", "dtype"), [("adam", torch.float64), ("sgd", torch.float32)], ids=["adam", "sgd"]
)
@pytest.mark.parametrize("build", [chain, with_average])
def test_replicas_train_as_the_plain_modules_do(
    configure, precision, vectorized, optimizer, dtype, build
):
    """50 updates: parameters, running statistics and outputs agree to 1e-5.

    Adam divides by the size of the gradient, which can raise float32's rounding errors above that.
    """
    config = configure(f"optimizer={optimizer}", "optimizer.lr=0.01").optimizer
    precision(dtype)
    replicas = replicas_of(vectorized, build)
    ours = build_optimizer(config, replicas)
    plain, theirs = [], []
    for key in range(3):
        torch.manual_seed(key)
        plain.append(build())
        theirs.append(
            torch.optim.Adam(plain[-1].parameters(), lr=config.lr, betas=(0.9, 0.999))
            if optimizer == "adam"
            else torch.optim.SGD(plain[-1].parameters(), lr=config.lr, momentum=config.momentum)
        )
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        x = torch.randn(3, 16, 1, 8, 8, generator=generator) + torch.arange(3).view(3, 1, 1, 1, 1)
        y = torch.randint(0, 5, (3, 16), generator=generator)
        losses = replicas.backward(x, y)
        ours.step()
        for r, (alone, own) in enumerate(zip(plain, theirs, strict=True)):
            own.zero_grad()
            loss = F.cross_entropy(alone(x[r]), y[r])
            loss.backward()
            own.step()
            assert abs(float(loss.detach() - losses[r])) < 1e-5
    for r, alone in enumerate(plain):
        for name, parameter in alone.named_parameters():
            assert_near(replicas.stacked(name)[r], parameter)
        for name in replicas.state_names:
            assert_near(replicas.buffer(name)[r], alone.get_buffer(name))
    counts = [replicas.buffer(name) for name in replicas.state_names if "num_batches" in name]
    assert counts and all(count.tolist() == [50] * 3 for count in counts)
    replicas.eval()
    logits, own_logits = replicas(x[0]), replicas.forward_own(x)
    for r, alone in enumerate(plain):
        assert_near(logits[r], alone.eval()(x[0]))
        assert_near(own_logits[r], alone(x[r]))


def assert_near(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@FORMS
def test_a_replica_that_is_not_active_keeps_its_state(vectorized):
    replicas = replicas_of(vectorized)
    x, y = torch.randn(3, 16, 1, 8, 8), torch.randint(0, 10, (3, 16))
    replicas.backward(x, y)
    before = copies(replicas)
    replicas.backward(x + 1, y, active=[True, False, True])
    for name in NORMALIZED:
        key = f"buffer:{name}"
        now, moved = replicas.trained_tensors()[key], (0, 2)
        assert torch.equal(now[1], before[key][1])
        assert all(not torch.equal(now[r], before[key][r]) for r in moved), name
    replicas.backward(x, y, active=[True, True, True])
    assert replicas.buffer("bn1.num_batches_tracked").tolist() == [3, 2, 3]


@FORMS
def test_evaluation_and_scores_change_nothing(module, vectorized):
    trained = module(vectorized, "training.measure_on_train_set=true")
    before = copies(trained.replicas)
    assert set(before) > {f"buffer:{name}" for name in NORMALIZED}
    evaluate(trained, trained.data.test, trained.data.test_y)
    train_set_observables(trained)
    for score in ("snip", "grasp", "synflow"):
        trained.config.pruner.score = score
        network_scores(trained)
    after = trained.replicas.trained_tensors()
    assert all(torch.equal(after[key], tensor) for key, tensor in before.items())
    _, *blocks = trained.source.order.updates(4, 2)  # and training goes on
    trained.training_step(blocks[0][None], 0)
    assert trained.replicas.buffer("bn1.num_batches_tracked").tolist() == [6] * 3


@pytest.mark.parametrize("score", ["snip", "grasp", "synflow"])
def test_scores_are_those_of_the_network_alone_in_float64(module, score):
    together = module(False, f"pruner={score}")
    alone = module(False, f"pruner={score}", "num_replicas=1", "first_replica=2")
    theirs = together.replicas.trained_tensors()
    for key, tensor in alone.replicas.trained_tensors().items():
        assert_near(tensor[0], theirs[key][2])  # the same five updates
        tensor.copy_(theirs[key][2:])
    scores, own = network_scores(together), network_scores(alone)
    assert scores.dtype == torch.float64 and bool(torch.isfinite(scores).all())
    assert torch.equal(scores[2], own[0])
    vectorized = module(True, f"pruner={score}")
    for key, tensor in vectorized.replicas.trained_tensors().items():
        tensor.copy_(theirs[key])
    assert torch.equal(network_scores(vectorized), scores)


def test_synflow_is_conserved_from_layer_to_layer(module):
    """The sum of a layer's scores is the summed output of the network, without its shifts."""
    trained = module(False, "pruner=synflow")
    replicas = trained.replicas
    for name in ("bn1", "bn2", "bn3"):
        assert replicas.buffer(f"{name}.running_mean").abs().min() > 0
        replicas.stacked(f"{name}.weight").data[:, 1] *= -1  # a negative scale
        assert replicas.stacked(f"{name}.bias").abs().min() > 0
    # The constant that this network adds is no part of the chain.
    replicas.buffer("shift.offset").zero_()
    sizes = [mask[0].numel() for mask in replicas.layer_masks().values()]
    for scores in network_scores(trained):
        sums = torch.stack([layer.sum() for layer in scores.split(sizes)])
        assert float(sums[0]) > 1e-3
        assert float((sums / sums[0] - 1).abs().max()) < 1e-9
        assert all(float((layer > 0).double().mean()) > 0.2 for layer in scores.split(sizes))
        assert float(scores.min()) >= 0


def test_a_snip_score_uses_the_running_statistics(module):
    """It is |w dL/dw| of the network in evaluation mode, normalized."""
    trained = module(False, "pruner=snip", "num_replicas=1")
    scores = network_scores(trained)[0]
    trained.replicas.buffer("bn2.running_var").mul_(4)
    assert not torch.allclose(network_scores(trained)[0], scores, rtol=1e-3)


def test_state_is_what_training_changes_and_not_what_dropout_reads():
    architecture = Architecture(chain, (1, 8, 8))
    assert list(architecture.state_shapes) == NORMALIZED
    assert architecture.dropout_layers == ["dropout"]
    assert architecture.state_shapes["bn2.running_var"] == (4,)
    replicas = replicas_of(False, with_average)
    assert replicas.state_names[:2] == ["1.average", "1.key"]
    replicas.set_dropout_draw(derive(torch.zeros(3, 2, dtype=torch.int32), 1))
    replicas.set_dropout_rates(torch.ones(3), torch.ones(3))
    assert replicas.buffer("1.key").tolist() == [[0, 1, 2]] * 3
    plain = replicas_of(False, lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 2)))
    assert plain.state_names == [] and plain.trained_tensors().keys() == set(plain.names)


def test_dropout_beside_batch_normalization_keeps_its_rates_through_training(module):
    trained = module(True, "dropout_phase=fixed")
    layer = next(m for m in trained.replicas._alone[0].modules() if isinstance(m, PhaseDropout))
    assert layer.layer == 1
    with evaluation_mode(trained, torch.full((3,), 0.25, dtype=torch.float64)):
        assert trained.replicas.buffer("dropout.eval_rate").tolist() == [0.25] * 3


def test_a_cumulative_average_is_trained_one_by_one():
    """momentum=None makes the statistics a mean over all batches, which vmap cannot compute."""
    replicas = replicas_of(True, lambda: chain(momentum=None))
    assert not replicas.vectorized
    x, y = torch.randn(3, 16, 1, 8, 8), torch.randint(0, 10, (3, 16))
    means = []
    for shift in range(3):
        replicas.backward(x + shift, y)
        means.append(F.conv2d(x[1] + shift, replicas.stacked("conv1.weight")[1], padding=1))
    expected = torch.stack(means).mean(dim=(0, 1, 3, 4))
    assert_near(replicas.buffer("bn1.running_mean")[1], expected.detach())


def test_the_estimate_of_memory_runs_a_network_that_cannot_train_on_one_example():
    architecture = Architecture(chain, (1, 8, 8))
    # Input, two convolutions with their normalization, ReLU, pooling and flattening, the rest.
    assert architecture.num_activations() == 64 + 3 * 192 + 3 * 256 + 2 * 16 + 4 * 6 + 10
    assert architecture.skeleton.training


def test_a_batch_of_one_is_refused_where_it_cannot_be_normalized():
    architecture = Architecture(chain, (1, 8, 8))
    architecture.refuse_batch_size(2)
    with pytest.raises(UserError, match=r"training\.batch_size=1: .*give training\.batch_size=2$"):
        architecture.refuse_batch_size(1)
    for build in (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 2)),
        lambda: nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(64, 2)),
    ):
        Architecture(build, (1, 8, 8)).refuse_batch_size(1)
