"""VGG-11: equal to torchvision's layers, published parameter count, shapes, key."""

import pytest
import torch
from torchvision.models import vgg

from tests.support.networks import (
    CIFAR,
    DIGITS,
    MNIST,
    dropout_numbers,
    network,
    output,
    parameter_count,
    with_dropout,
)


def test_parameter_count_is_the_published_one():
    """9,231,114 (NeuralFuse, NeurIPS 2024, Table 7), and by the formula.

    A convolution with batch norm has 9 * fan_in * fan_out + 3 * fan_out parameters.
    """
    channels = [3, 64, 128, 256, 256, 512, 512, 512, 512]
    pairs = zip(channels, channels[1:], strict=False)
    formula = sum(9 * a * b + 3 * b for a, b in pairs) + 512 * 10 + 10
    assert parameter_count(network("vgg11")) == formula == 9_231_114


def test_with_the_weights_of_torchvision_s_layers_the_outputs_are_equal():
    ours = network("vgg11")
    theirs = vgg.make_layers(vgg.cfgs["A"], batch_norm=True).eval()
    layers = [layer for layer in ours.children() if list(layer.parameters())][:-1]
    others = [layer for layer in theirs.children() if list(layer.parameters())]
    for layer, other in zip(layers, others, strict=True):
        layer.load_state_dict(other.state_dict())
    x = torch.randn(2, *CIFAR)
    with torch.no_grad():
        features = theirs(x).flatten(1)
        torch.testing.assert_close(ours(x), ours.get_submodule("fc")(features))


@pytest.mark.parametrize(
    ("shape", "poolings"), [(CIFAR, 5), (MNIST, 4), (DIGITS, 3), ((1, 1, 20), 0)], ids=str
)
def test_poolings_that_would_leave_nothing_are_left_out(shape, poolings):
    module = network("vgg11", shape, 7, width=4)
    assert output(module, shape).shape == (2, 7)
    assert sum(name.startswith("pool") for name, _ in module.named_children()) == poolings


def test_the_width_changes_all_layers():
    module = network("vgg11", width=4)
    channels = [len(p) for name, p in module.named_parameters() if name.startswith("conv")][::2]
    assert channels == [4, 8, 16, 16, 32, 32, 32, 32]


def test_each_dropout_layer_has_a_number_of_its_own_and_acts():
    module = network("vgg11", width=4)
    assert dropout_numbers(module) == list(range(1, 9))
    plain = output(module, CIFAR)
    for number in range(1, 9):
        assert not torch.equal(output(with_dropout(module, number), CIFAR), plain)
