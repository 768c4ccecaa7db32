"""Traces of forward passes: what is followed, and what is refused with its reason."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.topology.graph import Join


class Net(nn.Module):
    """Two convolutions of four channels, a linear layer, and the function between them."""

    def __init__(self, function, num_features=4):
        super().__init__()
        self.function = function
        self.one, self.two = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(num_features, 3)
        self.register_buffer("scale", torch.ones(4, 1, 1))

    def forward(self, x):
        x = self.function(self, self.one(x), self.two)
        return self.fc(x.mean(dim=(2, 3)) if x.dim() == 4 else x)


def traced(function, num_features=4, build=None, shape=(1, 4, 4)):
    return Architecture(build or (lambda: Net(function, num_features)), shape)


def wires(graph):
    """Pairs of (channel, channel) that joins connect: convolutions start at nodes 1 and 5."""
    joins = [part for part in graph.parts if isinstance(part, Join)]
    return [[*zip(j.one.tolist(), j.other.tolist(), strict=True)] for j in joins]


ONE, TWO = [1, 2, 3, 4], [5, 6, 7, 8]
SAME = {
    "elementwise": lambda net, x, two: two(F.gelu(x.mul(net.scale) + 1).clamp_(0) ** 2),
    "a function of one node": lambda net, x, two: two(x * torch.sigmoid(x)),
    "pooling": lambda net, x, two: two(F.max_pool2d(F.interpolate(x, scale_factor=2), 3)),
    "indices of pooling": lambda net, x, two: two(F.max_pool2d(x, 2, return_indices=True)[0]),
    "norms": lambda net, x, two: two(F.group_norm(F.layer_norm(x, (4, 4)), 2)),
    "spatial padding": lambda net, x, two: two(F.pad(x, (1, 1, 1, 1), mode="reflect")),
    "unfolded rows": lambda net, x, two: two(x.flatten(2).unflatten(2, (4, 4)).mT),
    "dropout": lambda net, x, two: two(F.dropout2d(x, 0.5, training=net.training)),
}


@pytest.mark.parametrize("name", SAME)
def test_channels_keep_their_nodes(name):
    architecture = traced(SAME[name])
    assert architecture.graph_status == "traced"
    two = architecture.graph.layers[1]
    assert two.sources.tolist() == ONE and architecture.graph.num_nodes == 12
    assert architecture.skeleton.training


def shifted(x):
    """The channels moved by one, with zeros at the end, by an assignment."""
    moved = torch.zeros_like(x)
    moved[:, :-1] = x[:, 1:]
    return moved


def added_to_a_view(x):
    part = x[:, :2]
    part += x[:, 2:]
    return x


MOVED = {
    "flip": (lambda x: x.flip(1), [4, 3, 2, 1]),
    "roll": (lambda x: torch.roll(x, 1, dims=1), [4, 1, 2, 3]),
    "chunks": (lambda x: torch.cat(x.chunk(2, dim=1)[::-1], dim=1), [3, 4, 1, 2]),
    "stack": (lambda x: torch.stack([*x.unbind(1)][::-1], dim=1), [4, 3, 2, 1]),
    "zeros in front": (lambda x: F.pad(x[:, :2], (0, 0, 0, 0, 2, 0)), [-1, -1, 1, 2]),
    "assignment": (shifted, [2, 3, 4, -1]),
    "addition in place to a view": (added_to_a_view, [5, 6, 3, 4]),
    "constants": (lambda x: torch.cat([x[:, :3], torch.ones(1, 1, 4, 4)], 1), [1, 2, 3, -1]),
    "pixel shuffle": (
        lambda x: F.pixel_unshuffle(F.pixel_shuffle(x.repeat_interleave(4, 1), 2), 2)[:, ::4],
        [1, 2, 3, 4],
    ),
}


@pytest.mark.parametrize("name", MOVED)
def test_channels_are_followed_where_they_move(name):
    function, sources = MOVED[name]
    architecture = traced(lambda net, x, two: two(function(x)))
    assert architecture.graph_status == "traced"
    assert architecture.graph.layers[1].sources.tolist() == sources


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x


SUMS = {
    "a function with its own gradient": (
        lambda net, x, two: Doubled.apply(two(x)) + x, [[*zip(TWO, ONE, strict=True)]]
    ),
    "residual": (lambda net, x, two: x + two(x), [[*zip(ONE, TWO, strict=True)]]),
    "difference": (lambda net, x, two: torch.sub(two(x), x), [[*zip(TWO, ONE, strict=True)]]),
    "of a node with itself": (lambda net, x, two: two(x + x), []),
    "of two channels": (lambda net, x, two: two((x[:, :1] + x[:, 1:2]).expand_as(x)), [[(1, 2)]]),
    "with zeros": (lambda net, x, two: two(x) + 0 * torch.ones(4, 1, 1), []),
    "twice": (lambda net, x, two: x + two(x) + x, [[*zip(ONE, TWO, strict=True)],
                                                  [*zip([9, 10, 11, 12], ONE, strict=True)]]),
}  # fmt: skip


@pytest.mark.parametrize("name", SUMS)
def test_sums_join_nodes(name):
    function, expected = SUMS[name]
    architecture = traced(function)
    assert architecture.graph_status == "traced"
    assert wires(architecture.graph) == expected


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(8, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.embed(x)
        return self.fc(x + self.attention(x, x, x)[0]).mean(1)


class Mixer(nn.Module):
    """A token-mixing layer: positions are mixed alike for every channel."""

    def __init__(self):
        super().__init__()
        self.embed, self.tokens, self.fc = nn.Linear(8, 6), nn.Linear(5, 5), nn.Linear(6, 3)

    def forward(self, x):
        x = self.embed(x)
        return self.fc((x + self.tokens(x.mT).mT).mean(1))


def script_like(net, x, two):
    return two(x) if float(x[0, 0, 0, 0]) > 0 else x


REFUSED = {
    "product": (lambda net, x, two: x * two(x), "mul of activations of different nodes"),
    "gate": (lambda net, x, two: F.glu(two(x), 1).repeat(1, 2, 1, 1), "glu combines activations"),
    "reused layer": (lambda net, x, two: two(two(x)), "layer two is used twice"),
    "unused layer": (lambda net, x, two: x, "layer two is not used"),
    "data": (script_like, "the forward pass fails without data"),
    "transposed": (lambda net, x, two: F.conv_transpose2d(x, two.weight), "reads the weights"),
    "other weights": (lambda net, x, two: F.conv2d(x, 2 * two.weight), "conv2d combines"),
    "constant input": (lambda net, x, two: x + two(torch.ones_like(x)), "two does not depend"),
    "sum over channels": (lambda net, x, two: two(x + x.sum(1, keepdim=True)), "sum reads"),
    "computed places": (lambda net, x, two: two(x[:, net.scale.long().flatten()]), "computed"),
    "out": (lambda net, x, two: torch.add(x, two(x), out=x), "the argument out"),
    "vmap": (lambda net, x, two: two(x) + torch.vmap(torch.relu)(x), "of unknown origin"),
    "indices": (lambda net, x, two: x + two(x) * x.max(3)[1].any(), "of unknown origin"),
    "hidden assignment": (
        lambda net, x, two: two(torch.zeros_like(x)[:, :].add_(x)), "part of a tensor of constants"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_traced_is_refused_with_its_reason(name):
    function, reason = REFUSED[name]
    architecture = traced(function)
    assert architecture.graph is None
    assert reason in architecture.graph_status and "\n" not in architecture.graph_status


@pytest.mark.parametrize(
    ("build", "shape", "reason"),
    [
        (Attention, (5, 8), "multi_head_attention_forward"),
        (Mixer, (5, 8), "layer tokens reads activations of different nodes"),
        (lambda: nn.LSTM(8, 3), (5, 8), "lstm"),
    ],
)
def test_mixing_networks_are_refused(build, shape, reason):
    architecture = traced(None, build=build, shape=shape)
    assert architecture.graph is None and reason in architecture.graph_status


def test_an_input_node_is_a_pixel_unless_a_convolution_reads_its_channel():
    for first, count in ((nn.Flatten, 2 * 5 * 5), (lambda: nn.Conv2d(2, 2, 1), 2)):

        def build(first=first):
            return nn.Sequential(first(), nn.Flatten(), nn.Linear(50, 3))

        graph = traced(None, build=build, shape=(2, 5, 5)).graph
        assert len(graph.inputs) == count
        assert len(graph.layers[-1].sources) == count
