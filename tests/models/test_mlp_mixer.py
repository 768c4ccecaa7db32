"""MLP-Mixer: published parameter counts, the paper's equations, shapes, keys."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pruning_phases.errors import UserError
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

# Name in the paper (Table 1): patch_size, dim, depth, token_width, channel_width; parameters.
PUBLISHED = {
    "S/32": ((32, 512, 8, 256, 2048), 19_104_624),
    "S/16": ((16, 512, 8, 256, 2048), 18_528_264),
    "B/32": ((32, 768, 12, 384, 3072), 60_293_428),
    "B/16": ((16, 768, 12, 384, 3072), 59_880_472),
    "L/16": ((16, 1024, 24, 512, 4096), 208_196_168),
}
KEYS = ("patch_size", "dim", "depth", "token_width", "channel_width")


def by_formula(shape, classes, patch_size, dim, depth, token_width, channel_width):
    """Parameters of the patch projection, the blocks, the last norm and the last layer."""
    channels, height, width = shape
    patches = height * width // patch_size**2
    tokens = 2 * patches * token_width + token_width + patches
    mixing = 2 * dim * channel_width + channel_width + dim
    projection = patch_size**2 * channels * dim + dim
    return projection + depth * (4 * dim + tokens + mixing) + 2 * dim + dim * classes + classes


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameter_counts_are_the_published_ones(name):
    """ImageNet, 1,000 classes: 19, 18, 60, 59 and 207 million in the paper, exact ones in code."""
    values, published = PUBLISHED[name]
    shape = (3, 224, 224)
    with torch.device("meta"):
        module = network("mlp_mixer", shape, 1000, **dict(zip(KEYS, values, strict=True)))
    assert parameter_count(module) == by_formula(shape, 1000, *values) == published


@pytest.mark.parametrize(
    ("shape", "count"), [(CIFAR, 154_058), (MNIST, 148_110), (DIGITS, 136_410)]
)
def test_the_default_takes_all_images(shape, count):
    module = network("mlp_mixer", shape)
    assert output(module, shape).shape == (2, 10)
    assert parameter_count(module) == by_formula(shape, 10, 4, 64, 4, 32, 256) == count


def test_a_block_is_the_equations_of_the_paper():
    """Eq. 1: U = X + W2 g(W1 norm(X)), and Y = U + W4 g(W3 norm(U)) along the channels."""
    block = network("mlp_mixer", dim=6).get_submodule("block1")
    x = torch.randn(2, 64, 6)

    def mlp(layer: nn.Module, x: torch.Tensor, along: str) -> torch.Tensor:
        first, second = layer.get_submodule("fc1"), layer.get_submodule("fc2")
        bias = (lambda fc: fc.bias[:, None]) if along == "bsc,ts->btc" else (lambda fc: fc.bias)
        hidden = F.gelu(torch.einsum(along, x, first.weight) + bias(first))
        return torch.einsum(along, hidden, second.weight) + bias(second)

    u = x + mlp(block.get_submodule("tokens"), F.layer_norm(x, (6,)), "bsc,ts->btc")
    y = u + mlp(block.get_submodule("channels"), F.layer_norm(u, (6,)), "bsc,dc->bsd")
    torch.testing.assert_close(block(x), y)


def test_an_output_is_linear_in_the_mean_over_the_patches():
    """Without blocks' weights, exchanging two patches changes nothing."""
    module = network("mlp_mixer", DIGITS)
    for name, parameter in module.named_parameters():
        if "fc2" in name:
            nn.init.zeros_(parameter)
    x = torch.randn(2, *DIGITS)
    exchanged = torch.cat([x[:, :, 4:], x[:, :, :4]], dim=2)
    torch.testing.assert_close(module(exchanged), module(x))


@pytest.mark.parametrize(
    ("key", "value"),
    [("patch_size", 2), ("dim", 8), ("depth", 2), ("token_width", 8), ("channel_width", 8)],
)
def test_each_key_changes_the_network(key, value):
    assert parameter_count(network("mlp_mixer", **{key: value})) != 154_058


def test_patches_that_do_not_divide_the_image_are_refused_with_those_that_do():
    with pytest.raises(UserError, match=r"^model\.patch_size=5: .*28x28") as error:
        network("mlp_mixer", MNIST, patch_size=5)
    assert str(error.value).endswith("give 1 or 2 or 4 or 7 or 14 or 28")


def test_each_dropout_layer_has_a_number_of_its_own_and_acts():
    module = network("mlp_mixer", DIGITS)
    assert dropout_numbers(module) == list(range(1, 9))
    plain = output(module, DIGITS)
    for number in range(1, 9):
        assert not torch.equal(output(with_dropout(module, number), DIGITS), plain)
