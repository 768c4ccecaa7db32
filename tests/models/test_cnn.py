"""The convolutional network: its outputs, its shapes, images that are too small."""

import pytest
import torch
from torch.nn import functional as F

from pruning_phases.errors import UserError
from pruning_phases.models.cnn import CnnConfig, build
from pruning_phases.models.registry import build_model


@pytest.mark.parametrize("size", [(8, 8), (9, 13)])
def test_outputs_are_those_of_convolution_relu_and_pooling(size):
    """The module pools before ReLU, here ReLU comes first: the two commute."""
    torch.manual_seed(0)
    module = build_model(CnnConfig("cnn", [3, 4], [6]), (2, *size), 5).eval()
    x = torch.randn(7, 2, *size)
    hidden = x
    for number in (1, 2):
        layer = module.get_submodule(f"conv{number}")
        hidden = F.max_pool2d(F.relu(F.conv2d(hidden, layer.weight, layer.bias, padding=1)), 2)
    hidden = F.relu(module.get_submodule("fc1")(hidden.flatten(1)))
    torch.testing.assert_close(module(x), module.get_submodule("fc2")(hidden))


def test_shapes_of_the_weights_follow_from_channels_widths_and_image():
    module = build(CnnConfig("cnn", [4, 6, 8], [10]), (1, 28, 28), 10)
    shapes = [tuple(p.shape) for name, p in module.named_parameters() if "weight" in name]
    assert shapes == [(4, 1, 3, 3), (6, 4, 3, 3), (8, 6, 3, 3), (10, 8 * 3 * 3), (10, 10)]


def test_every_dropout_layer_has_its_own_stream():
    module = build(CnnConfig("cnn", [4, 6], [10, 9]), (1, 8, 8), 10)
    numbers = [layer.layer for name, layer in module.named_modules() if "dropout" in name]
    assert numbers == [1, 2, 3, 4]


def test_an_image_that_poolings_leave_nothing_of_is_refused():
    build(CnnConfig("cnn", [4] * 3, []), (1, 8, 8), 10)
    with pytest.raises(UserError, match=r"model\.channels=.*4 poolings leave nothing of a 8x8"):
        build(CnnConfig("cnn", [4] * 4, []), (1, 8, 8), 10)


def test_a_network_without_convolutions_is_refused():
    with pytest.raises(UserError, match=r"model\.channels=\[\]: .* or model=fc"):
        CnnConfig("cnn", [], [5]).check()
