"""The sparse form: equal to the loop over modules, whatever the number of workers."""

import numpy as np
import pytest
import torch
from torch import nn

from pruning_phases.ensemble import dense, sparse
from pruning_phases.ensemble.chain import chain_of
from pruning_phases.ensemble.optimizers import begin_state, state_tensors
from pruning_phases.ensemble.sparse import SPARSE_UP_TO, sparse_form
from pruning_phases.models.dropout import PhaseDropout
from pruning_phases.stream_kernels import random_bits
from pruning_phases.training import evaluate as evaluation
from pruning_phases.training.evaluate import MaskDraw, evaluate, train_set_observables
from pruning_phases.training.learning_rate import learning_rates
from pruning_phases.training.loop import EnsembleModule

UPDATES = 50
DROPOUT = ["dropout_phase=grid", "dropout_phase.p_train=[0.3]", "dropout_phase.p_eval=[0.2]"]
COLORS = """
import numpy as np
from pruning_phases.data.dataset import Dataset

def read(data_dir, seed):
    generator = np.random.default_rng(0)
    images = [generator.random((n, 3, 4, 5)) for n in (300, 50)]
    labels = [generator.integers(0, 3, n) for n in (300, 50)]
    return Dataset(images[0], labels[0], images[1], labels[1], num_classes=3)
"""


@pytest.fixture
def masked(module_of):
    """masked(density, ...): networks with ``masks``, or random ones, the same in every call."""

    def build(density: float, *words: str, masks=None) -> EnsembleModule:
        module = module_of("training.batch_size=48", *words)
        generator = torch.Generator().manual_seed(0)
        random = {
            layer: torch.rand(mask.shape, generator=generator) < density
            for layer, mask in module.replicas.layer_masks().items()
        }
        module.replicas.set_masks(masks or random)
        module.replicas.set_dropout_rates(module.train_rates, torch.zeros_like(module.train_rates))
        module.begin_step(1)
        return module

    return build


def block_of(module, updates=UPDATES):
    return module.source.order.updates(0, updates)


def one_by_one(module, block):
    """Train with the loop over modules; losses [U, R]."""
    begin_state(module.optimizer)
    keys = module.stream("dropout_train")
    rates = rates_of(module, block)
    return dense.train(
        module.replicas, block, module.data, module.optimizer, rates, module.active, keys, 0
    )


def rates_of(module, block):
    """Learning rates of the updates of a block, as of a whole training."""
    return learning_rates(module.config.optimizer, 0, len(block), len(block))


def trained(module, block):
    """Train in the sparse form; losses [U, R]."""
    form = module.sparse
    assert form is not None
    begin_state(module.optimizer)
    keys = module.stream("dropout_train")
    rates = rates_of(module, block)
    return form.train(block, module.data, module.optimizer, rates, module.active, keys, 0)


def tensors(module):
    return module.replicas.trained_tensors() | state_tensors(module.optimizer, module.replicas)


def assert_equal(one, other, relative):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        scale = tensor.abs().max().item()
        assert (tensor - other[name]).abs().max().item() <= relative * scale, name


@pytest.mark.parametrize(
    ("density", "dropout"), [(0.15, []), (0.02, DROPOUT)], ids=["", "sparser, with dropout"]
)
@pytest.mark.parametrize(
    "words",
    [
        [],
        ["optimizer.weight_decay=0.01"],
        ["optimizer=sgd"],
        ["optimizer=sgd", "optimizer.momentum=0.9", "optimizer.weight_decay=0.01"],
        ["dataset.label_noise=0.2", "model.width=32", "model.depth=2"],
        ["dataset.num_classes=2", "model.outputs=1"],
        ["optimizer=sgd", "optimizer.schedule=cosine"],
        ["optimizer.schedule=steps"],
        ["training.batch_size=100"],  # a tile, and a part of another
        ["model=cnn", "model.channels=[4,6]"],
        ["model=cnn", "optimizer=sgd", "optimizer.momentum=0.9"],
    ],
)
def test_fifty_updates_equal_those_of_the_loop(masked, density, words, dropout):
    loop, compressed = (masked(density, *words, *dropout) for _ in range(2))
    block = block_of(loop)
    expected = one_by_one(loop, block)
    losses = trained(compressed, block)
    torch.testing.assert_close(losses, expected, rtol=1e-5, atol=1e-5)
    trained_tensors = [module.replicas.trained_tensors() for module in (loop, compressed)]
    assert_equal(*trained_tensors, relative=1e-5)
    # The last gradients are small differences of larger numbers.
    assert_equal(tensors(loop), tensors(compressed), relative=1e-4)
    for name in loop.replicas.layer_of:
        assert not compressed.replicas.stacked(name)[loop.replicas.mask(name) == 0].any()


CONVOLUTIONS = {
    "strides, no padding": "nn.Conv2d(3, 4, 3, stride=(2, 1)), nn.ReLU(), nn.Flatten(), "
    "nn.Linear(12, 3)",
    "dilation": "nn.Conv2d(3, 5, (2, 3), padding=(0, 2), dilation=2), nn.ReLU(), nn.Flatten(), "
    "nn.Linear(50, 3)",
    "groups": "nn.Conv2d(3, 6, 3, padding=1, groups=3), nn.ReLU(), nn.Conv2d(6, 4, 1, groups=2), "
    "nn.MaxPool2d((2, 3)), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)",
    "pixels left out": "nn.Conv2d(3, 6, 3, padding=1), nn.MaxPool2d(3), nn.ReLU(), nn.Flatten(), "
    "nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)",
}


@pytest.mark.parametrize("layers", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_convolutions_of_every_geometry_equal_those_of_the_loop(masked, write, layers):
    build = f"def build(input_shape, num_classes):\n    return nn.Sequential({layers})"
    name = write(f"from torch import nn\n{COLORS}\n{build}\n")
    words = [
        "model=custom",
        f"model.build={name}:build",
        "dataset=custom",
        f"dataset.load={name}:read",
    ]
    loop, compressed = masked(0.6, *words), masked(0.6, *words)
    block = block_of(loop, 10)
    expected = one_by_one(loop, block)
    torch.testing.assert_close(trained(compressed, block), expected, rtol=1e-5, atol=1e-6)
    assert_equal(tensors(loop), tensors(compressed), relative=1e-4)
    x = loop.data.test
    with torch.no_grad():
        torch.testing.assert_close(
            logits(compressed, x), loop.replicas(x.numbers), rtol=1e-4, atol=1e-5
        )


def logits(module, x):
    networks = range(module.replicas.num_replicas)
    return torch.stack([module.sparse.network(r)(x, slice(None)) for r in networks])


@pytest.mark.parametrize("dropout", [[], DROPOUT])
def test_evaluation_equals_that_of_the_loop(masked, dropout, monkeypatch):
    monkeypatch.setattr(evaluation, "EXAMPLES_PER_CALL", 128)
    module = masked(0.1, *dropout)
    data, rates = module.data, torch.full_like(module.train_rates, 0.2 if dropout else 0.0)

    def measured():
        outputs = evaluate(module, data.test, data.test_y, MaskDraw(rates))
        return outputs | train_set_observables(module)

    found = measured()
    monkeypatch.setattr(sparse, "SPARSE_UP_TO", 0.0)
    monkeypatch.setattr(sparse, "SMALL", 0)
    assert module.sparse is None
    expected = measured()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-5, err_msg=name)
    monkeypatch.setattr(evaluation, "EXAMPLES_PER_CALL", 1024)
    assert np.allclose(measured()["loss"], found["loss"], rtol=1e-9) == (not dropout)


def test_outputs_of_a_part_of_the_images_are_those_of_all(masked):
    module = masked(0.1)
    network, images = module.sparse.network(1), module.data.test
    for part in (slice(64, 200), slice(7, 80)):  # one begins with a tile
        assert torch.equal(network(images, part), network(images, slice(None))[part])


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_no_byte(masked, workers, with_workers):
    one, several = (masked(0.1, *DROPOUT, "num_replicas=5") for _ in range(2))
    block, x = block_of(one, 20), one.data.test.part(slice(300))
    losses, outputs = trained(one, block), logits(one, x)
    with_workers(workers)
    assert torch.equal(losses, trained(several, block))
    assert_equal(tensors(one), tensors(several), relative=0)
    assert torch.equal(outputs, logits(several, x))


def test_a_block_of_updates_equals_two_blocks(masked):
    whole, split = masked(0.1), masked(0.1)
    block = block_of(whole, 20)
    trained(whole, block)
    for part in (block[:7], block[7:]):
        trained(split, part)
    assert_equal(tensors(whole), tensors(split), relative=0)


def test_a_replica_alone_equals_the_replica_in_an_ensemble(masked):
    several = masked(0.1, "num_replicas=3")
    masks = {name: mask[2:] for name, mask in several.replicas.layer_masks().items()}
    alone = masked(0.1, "num_replicas=1", "first_replica=2", masks=masks)
    for module in (several, alone):
        trained(module, block_of(module, 20))
    for name in several.replicas.names:
        assert torch.equal(several.replicas.stacked(name)[2], alone.replicas.stacked(name)[0])


def test_replicas_that_are_not_active_stay(masked):
    module = masked(0.1, "num_replicas=3")
    before = {name: tensor.clone() for name, tensor in module.replicas.trained_tensors().items()}
    module.active = [True, False, True]
    losses = trained(module, block_of(module, 5))
    assert losses[:, 1].isnan().all() and losses[:, [0, 2]].isfinite().all()
    for name, tensor in module.replicas.trained_tensors().items():
        assert torch.equal(tensor[1], before[name][1])
        assert not torch.equal(tensor[0], before[name][0]) or "weight" in name


def test_an_emptied_layer_passes_its_biases_on(masked):
    loop, compressed = masked(0.1), masked(0.1)
    for module in (loop, compressed):
        masks = module.replicas.layer_masks()
        masks["fc2"][:] = False
        masks["fc1"][:, ::2] = False
        module.replicas.set_masks(masks)
    block = block_of(loop, 10)
    expected = one_by_one(loop, block)
    torch.testing.assert_close(trained(compressed, block), expected, rtol=1e-5, atol=1e-6)
    assert_equal(tensors(loop), tensors(compressed), relative=1e-5)


def test_the_inputs_of_images_with_colors_are_found(masked, write):
    name = write(COLORS)
    words = ["dataset=custom", f"dataset.load={name}:read"]
    loop, compressed = masked(0.15, *words), masked(0.15, *words)
    block = block_of(loop, 10)
    expected = one_by_one(loop, block)
    torch.testing.assert_close(trained(compressed, block), expected, rtol=1e-5, atol=1e-6)


def test_the_form_follows_sizes_and_masks_alone(masked, monkeypatch):
    assert masked(1.1 * SPARSE_UP_TO).sparse is not None
    monkeypatch.setattr(sparse, "SMALL", 0)
    assert masked(1.1 * SPARSE_UP_TO).sparse is None
    module = masked(0.9 * SPARSE_UP_TO)
    form = module.sparse
    assert module.sparse is form
    module.replicas.set_masks(module.replicas.layer_masks())
    assert module.sparse is not form
    num_edges = module.replicas.density * sum(shape.numel() for shape in shapes(module))
    monkeypatch.setattr(sparse, "LARGEST_GRAPH", 0.9 * num_edges)
    assert module.sparse is None
    monkeypatch.setattr(sparse, "LARGEST_GRAPH", 1.1 * num_edges)
    assert module.sparse is not None
    assert sparse_form(module.replicas.to("meta"), None) is None


def shapes(module):
    return [mask[0].shape for mask in module.replicas.layer_masks().values()]


def test_a_weight_of_a_convolution_has_an_edge_at_every_place_of_its_map(masked):
    module = masked(1.0, "model=cnn", "model.channels=[4]", "model.widths=[8]")
    convolution, *linear = module.replicas.architecture.chain.layers
    assert convolution.num_edges == 4 * 8 * 8 * 9
    assert [layer.num_edges for layer in linear] == [4 * 4 * 4 * 8, 8 * 10]
    graph = module.sparse.networks[0].graph
    in_the_margin = 4 * (8 * 8 * 9 - (8 + 7 + 7) ** 2)
    assert len(graph.sources) == sum(layer.num_edges for layer in (convolution, *linear)) - (
        in_the_margin
    )


CHAIN = [nn.Flatten(), nn.Linear(8, 4), nn.ReLU(), PhaseDropout(1), nn.Linear(4, 2)]


@pytest.mark.parametrize(
    ("layers", "is_chain"),
    [
        (CHAIN, True),
        (CHAIN[1:], True),
        ([*CHAIN[:3], CHAIN[4]], True),
        ([nn.Linear(8, 2)], True),
        ([*CHAIN, nn.ReLU()], False),
        ([*CHAIN[:2], nn.Tanh(), nn.Linear(4, 2)], False),
        ([*CHAIN[:2], nn.Linear(4, 2)], False),
        ([nn.Linear(8, 4, bias=False), nn.ReLU(), nn.Linear(4, 2)], False),
        ([*CHAIN[:4], nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)], False),
        ([nn.Flatten()], False),
        ([nn.Flatten(start_dim=2), *CHAIN[1:]], False),
    ],
)
def test_chains_are_recognized(layers, is_chain):
    assert (chain_of(nn.Sequential(*layers), (8,)) is not None) == is_chain
    assert chain_of(nn.ModuleList(layers), (8,)) is None


CONVOLUTION = [
    nn.Conv2d(1, 4, 3, padding=1),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(16, 2),
]


@pytest.mark.parametrize(
    ("layers", "is_chain"),
    [
        (CONVOLUTION, True),
        ([CONVOLUTION[0], CONVOLUTION[2], nn.Flatten(), nn.Linear(64, 2)], True),
        ([CONVOLUTION[0], nn.ReLU(), *CONVOLUTION[1:2], *CONVOLUTION[3:]], False),
        ([CONVOLUTION[0], nn.MaxPool2d(1), *CONVOLUTION[1:]], False),
        ([CONVOLUTION[0], nn.MaxPool2d(2, stride=1), *CONVOLUTION[2:]], False),
        ([CONVOLUTION[0], nn.MaxPool2d(2, ceil_mode=True), *CONVOLUTION[2:]], False),
        ([CONVOLUTION[0], nn.AvgPool2d(2), *CONVOLUTION[2:]], False),
        ([nn.Conv2d(1, 4, 3, padding="same"), *CONVOLUTION[1:]], False),
        ([nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular"), *CONVOLUTION[1:]], False),
        ([*CONVOLUTION[:4], nn.Linear(17, 2)], False),
        (CONVOLUTION[:3], False),
    ],
)
def test_chains_with_convolutions_are_recognized(layers, is_chain):
    assert (chain_of(nn.Sequential(*layers), (1, 4, 4)) is not None) == is_chain


def test_random_bits_are_those_of_the_streams():
    from pruning_phases import streams

    counter = torch.arange(-50, 50, dtype=torch.int32) * 40_000_003
    key = streams.key_words([0xDEADBEEF_12345678])[0]
    expected = streams.random_bits(key, counter).numpy().view(np.uint32)
    low, high = key.numpy().view(np.uint32)
    found = [random_bits(low, high, c) for c in counter.numpy().view(np.uint32)]
    assert found == expected.tolist()
