"""Names and shapes of a network's parameters, read without its weights."""

from math import prod

import pytest
import torch
from torch import nn

from pruning_phases.ensemble.architecture import Architecture


class Nested(nn.Module):
    """A user's own module: layers inside blocks, a normalization, an embedded bias."""

    def __init__(self):
        super().__init__()
        self.block = nn.ModuleDict(
            {"a": nn.Conv2d(2, 3, 3, bias=False), "norm": nn.BatchNorm2d(3), "relu": nn.ReLU()}
        )
        self.head = nn.Linear(12, 5)
        self.scale = nn.Parameter(torch.ones(5))

    def forward(self, x):
        for layer in self.block.values():
            x = layer(x)
        return self.head(x.flatten(1)) * self.scale


def test_the_weights_of_linear_and_convolution_layers_are_prunable_and_nothing_else():
    found = Architecture(Nested, (2, 4, 4))
    assert found.layers == {"block.a": (3, 2, 3, 3), "head": (5, 12)}
    assert found.layer_of == {"block.a.weight": "block.a", "head.weight": "head"}
    assert found.num_prunable == 54 + 60
    assert found.num_weights == sum(p.numel() for p in Nested().parameters()) == 54 + 6 + 65 + 5


def test_layers_are_in_the_order_of_the_module():
    def build():
        return nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 9), nn.Linear(9, 1))

    assert list(Architecture(build, (3,)).layers) == ["0", "1", "2"]


def test_a_bare_layer_is_a_network():
    found = Architecture(lambda: nn.Linear(3, 2), (3,))
    assert found.layers == {"": (2, 3)} and found.layer_of == {"weight": ""}


@pytest.mark.parametrize(
    ("build", "shape", "outputs"),
    [
        (lambda: nn.Linear(6, 2), (6,), [2]),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.ReLU()), (1, 2, 3), [6, 4, 4]),
        (Nested, (2, 4, 4), [12, 12, 12, 5]),
    ],
)
def test_activations_are_counted_layer_by_layer_input_included(build, shape, outputs):
    found = Architecture(build, shape)
    assert found.num_activations() == prod(shape) + sum(outputs)
    assert found.num_activations() == found.num_activations()  # no counter is left behind


def test_the_skeleton_holds_no_numbers():
    parameters = Architecture(Nested, (2, 4, 4)).skeleton.parameters()
    assert all(parameter.is_meta for parameter in parameters)
