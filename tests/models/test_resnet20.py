"""ResNet-20: published parameter counts, shortcuts without parameters, shapes, keys."""

import pytest
import torch

from pruning_phases.models.blocks import ResidualBlock
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


@pytest.mark.parametrize(
    ("blocks", "published"), [(3, 269_722), (5, 464_154), (7, 658_586), (9, 853_018)]
)
def test_parameter_counts_are_those_of_resnet_20_32_44_and_56(blocks, published):
    """Published as 0.27, 0.46, 0.66 and 0.85 million (arXiv 1512.03385, Table 6)."""
    assert parameter_count(network("resnet20", blocks=blocks)) == published


@pytest.mark.parametrize("shape", [CIFAR, MNIST, DIGITS, (1, 1, 20)], ids=str)
def test_every_image_is_large_enough(shape):
    assert output(network("resnet20", shape, 7), shape).shape == (2, 7)


def test_stages_halve_the_image_and_double_the_channels():
    module = network("resnet20")
    x = torch.randn(2, *CIFAR)
    sizes = {}
    for name, layer in module.named_children():
        x = layer(x)
        sizes[name] = tuple(x.shape[1:])
    assert sizes["conv1"] == sizes["stage1"] == (16, 32, 32)
    assert sizes["stage2"] == (32, 16, 16) and sizes["stage3"] == (64, 8, 8)
    assert sizes["flatten"] == (64,)


def test_layers_have_readable_names():
    names = {name for name, _ in network("resnet20").named_parameters()}
    assert {"conv1.weight", "stage1.block1.conv1.weight", "stage3.block3.bn2.bias"} <= names


@pytest.mark.parametrize(("fan_out", "stride"), [(3, 1), (6, 2)])
def test_with_zero_kernels_a_block_is_its_shortcut(fan_out, stride):
    """The shortcut takes every second pixel and appends channels of zeros: option A."""
    block = ResidualBlock(3, fan_out, stride).eval()
    for conv in (block.conv1, block.conv2):
        torch.nn.init.zeros_(conv.weight)
    x = torch.randn(2, 3, 7, 7)
    expected = torch.zeros(2, fan_out, -(-7 // stride), -(-7 // stride))
    expected[:, :3] = x[:, :, ::stride, ::stride].clamp(min=0)
    torch.testing.assert_close(block(x), expected)


def test_kernels_have_the_variance_two_over_fan_in():
    weight = network("resnet20").get_parameter("stage3.block3.conv2.weight")
    assert weight.var().item() == pytest.approx(2 / (64 * 9), rel=0.05)


@pytest.mark.parametrize(("key", "value"), [("width", 8), ("blocks", 2)])
def test_each_key_changes_the_network(key, value):
    assert parameter_count(network("resnet20", **{key: value})) != 269_722


def test_dropout_acts_before_the_last_layer():
    module = network("resnet20", DIGITS)
    assert dropout_numbers(module) == [1]
    plain = output(module, DIGITS)
    assert not torch.equal(output(with_dropout(module, 1), DIGITS), plain)
