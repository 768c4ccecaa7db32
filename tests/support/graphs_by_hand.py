"""Networks that are no chains, each with the graph that a reader of its code would draw."""

from collections.abc import Callable
from dataclasses import dataclass

import networkx as nx
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from pruning_phases.ensemble.architecture import Architecture
from tests.support.networks import CIFAR, network


class ByHand:
    """A graph for networkx, drawn layer by layer from one network's masks.

    A list holds the node of each channel; None is a channel of zeros.
    """

    def __init__(self, masks):
        self.masks = masks
        self.graph = nx.MultiDiGraph()
        self.wires = []
        self.ends = {}  # layer -> its in-nodes and out-nodes

    def inputs(self, count):
        self.sources = [("input", i) for i in range(count)]
        self.graph.add_nodes_from(self.sources)
        return self.sources

    def layer(self, name, sources, groups=1):
        mask = self.masks[name]
        num_out, num_in = mask.shape[:2]
        targets = [(name, i) for i in range(num_out)]
        self.graph.add_nodes_from(targets)
        self.ends[name] = {node for node in sources if node}, targets
        per_node = groups * num_in // len(sources)
        for out, into, *_ in np.argwhere(mask):
            source = sources[(out // (num_out // groups) * num_in + into) // per_node]
            if source:
                self.graph.add_edge(source, targets[out], layer=name)
        return targets

    def add(self, one, other):
        return [self._wire(*pair) for pair in zip(one, other, strict=True)]

    def _wire(self, one, other):
        if one is None or other is None or one == other:
            return one or other
        node = ("sum", len(self.wires))
        for end in (one, other):
            self.graph.add_edge(end, node, layer=None)
            self.wires.append((end, node))
        return node

    def effective(self, outputs):
        """Edges on an input -> output path, by layer."""
        graph = nx.MultiDiGraph(self.graph)
        graph.add_edges_from((("start",), node) for node in self.sources)
        graph.add_edges_from((node, ("end",)) for node in outputs)
        down, up = nx.descendants(graph, ("start",)), nx.ancestors(graph, ("end",))
        counts = dict.fromkeys(self.masks, 0)
        for a, b, layer in self.graph.edges(data="layer"):
            if layer is not None:
                counts[layer] += a in down and b in up
        return counts

    def num_paths(self, outputs):
        """Number of input -> output paths, an exact integer."""
        paths = dict.fromkeys(self.graph, 0) | dict.fromkeys(self.sources, 1)
        for node in nx.topological_sort(self.graph):
            for _, target in self.graph.out_edges(node):
                paths[target] += paths[node]
        return sum(paths[node] for node in set(outputs))

    def _joined(self):
        """Number of every node, the same for the ends of a wire."""
        wired = nx.Graph(self.wires)
        wired.add_nodes_from(self.graph)
        return {node: i for i, part in enumerate(nx.connected_components(wired)) for node in part}

    def mean_degree(self):
        number = self._joined()
        ends = [(a, b) for a, b, layer in self.graph.edges(data="layer") if layer is not None]
        nodes = {number[node] for pair in ends for node in pair}
        return 2 * len(ends) / len(nodes) if nodes else np.nan

    def clusters(self):
        """Largest cluster and mean size of the others, with the ends of a wire as one node."""
        number = self._joined()
        merged = nx.Graph((number[a], number[b]) for a, b in self.graph.edges())
        merged.add_nodes_from(number.values())
        return sizes(merged)

    def clusters_of(self, layer):
        ins, outs = self.ends[layer]
        graph = nx.Graph()
        graph.add_nodes_from([*ins, *outs])
        graph.add_edges_from((a, b) for a, b, of in self.graph.edges(data="layer") if of == layer)
        return sizes(graph)


def sizes(graph):
    *others, largest = sorted(map(len, nx.connected_components(graph)))
    return largest / len(graph), sum(size**2 for size in others) / len(graph)


@dataclass(frozen=True)
class Case:
    build: Callable[[], nn.Module]
    input_shape: tuple[int, ...]
    draw: Callable[[ByHand], list]  # draws the graph and returns the output nodes

    def architecture(self):
        return Architecture(self.build, self.input_shape)


def conv(into, out, stride=1, size=3, groups=1):
    return nn.Conv2d(into, out, size, stride, size // 2, bias=False, groups=groups)


class Block(nn.Module):
    def __init__(self, into, out, stride, zero_padding):
        super().__init__()
        self.zero_padding = zero_padding
        self.conv1, self.bn1 = conv(into, out, stride), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = conv(out, out), nn.BatchNorm2d(out)
        self.extra = (out - into) // 2
        if into != out and not zero_padding:
            self.shortcut = nn.Sequential(conv(into, out, stride, 1), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.extra and self.zero_padding:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.extra, self.extra))
        elif self.extra:
            x = self.shortcut(x)
        y += x
        return F.relu(y, inplace=True)


WIDTHS = [4, 8, 16]


class ResNet20(nn.Module):
    """Three stages of three blocks (He et al. 2016, sec. 4.2), narrow."""

    def __init__(self, zero_padding):
        super().__init__()
        self.conv, self.bn = conv(3, WIDTHS[0]), nn.BatchNorm2d(WIDTHS[0])
        into, blocks = WIDTHS[0], []
        for stage, width in enumerate(WIDTHS):
            for number in range(3):
                stride = 2 if stage and not number else 1
                blocks.append(Block(into, width, stride, zero_padding))
                into = width
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(into, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def draw_resnet(hand, zero_padding):
    x = hand.layer("conv", hand.inputs(3))
    for number in range(9):
        y = hand.layer(f"blocks.{number}.conv1", x)
        y = hand.layer(f"blocks.{number}.conv2", y)
        if len(x) != len(y) and zero_padding:
            none = [None] * ((len(y) - len(x)) // 2)
            x = [*none, *x, *none]
        elif len(x) != len(y):
            x = hand.layer(f"blocks.{number}.shortcut.0", x)
        x = hand.add(y, x)
    return hand.layer("fc", x)


def vgg():
    return nn.Sequential(
        conv(3, 6), nn.BatchNorm2d(6), nn.ReLU(True), conv(6, 6), nn.ReLU(), nn.MaxPool2d(2),
        conv(6, 9), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(9 * 9, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 10), nn.LogSoftmax(1),
    )  # fmt: skip


def draw_vgg(hand):
    x = hand.inputs(3)
    for name in ("0", "3", "6", "10", "13"):
        x = hand.layer(name, x)
    return x


class DenseNet(nn.Module):
    """Every layer reads all earlier ones of its block; a transition halves the channels."""

    def __init__(self):
        super().__init__()
        self.stem = conv(3, 4)
        self.first = nn.ModuleList(conv(4 + 3 * i, 3) for i in range(3))
        self.transition = conv(13, 6, size=1)
        self.second = nn.ModuleList(conv(6 + 3 * i, 3) for i in range(3))
        self.norm = nn.BatchNorm2d(15)
        self.fc = nn.Linear(15, 10)

    def forward(self, x):
        x = self.stem(x)
        for layer in self.first:
            x = torch.cat([x, layer(x.relu())], dim=1)
        x = F.avg_pool2d(self.transition(x), 2)
        for layer in self.second:
            x = torch.cat((x, layer(torch.relu(x))), 1)
        return self.fc(self.norm(x).relu_().mean(dim=(2, 3)))


def draw_densenet(hand):
    x = hand.layer("stem", hand.inputs(3))
    for number in range(3):
        x = x + hand.layer(f"first.{number}", x)
    x = hand.layer("transition", x)
    for number in range(3):
        x = x + hand.layer(f"second.{number}", x)
    return hand.layer("fc", x)


class Grouped(nn.Module):
    """A grouped convolution, a channel shuffle, depthwise and pointwise convolutions."""

    def __init__(self):
        super().__init__()
        self.stem, self.grouped = conv(3, 8), conv(8, 12, stride=2, groups=4)
        self.depthwise, self.pointwise = conv(12, 24, groups=12), conv(24, 12, size=1)
        self.fc = nn.Linear(12 * 4 * 4, 10)

    def forward(self, x):
        x = self.grouped(F.silu(self.stem(x)))
        batch, channels, height, width = x.shape
        x = x.view(batch, 4, 3, height, width).transpose(1, 2).reshape(x.shape)
        x = x + self.pointwise(F.hardswish(self.depthwise(x)))
        return self.fc(x.permute(0, 2, 3, 1).flatten(1))  # channels innermost


def draw_grouped(hand):
    x = hand.layer("grouped", hand.layer("stem", hand.inputs(3)), groups=4)
    x = [x[3 * group + i] for i in range(3) for group in range(4)]
    y = hand.layer("pointwise", hand.layer("depthwise", x, groups=12))
    return hand.layer("fc", hand.add(x, y) * 16)


class Heads(nn.Module):
    """A convolution and a linear layer read the input; two outputs are joined."""

    def __init__(self, join):
        super().__init__()
        self.join = join
        self.picture, self.pixels = conv(2, 5), nn.Linear(2 * 6 * 6, 7)
        self.one, self.two = nn.Linear(5, 4), nn.Linear(7, 4)

    def forward(self, x):
        one = self.one(self.picture(x).amax((2, 3)))
        two = self.two(torch.tanh(self.pixels(x.reshape(len(x), -1))))
        return torch.cat([one, two], dim=-1) if self.join == "cat" else one - 2 * two


def draw_heads(hand, join):
    x = hand.inputs(2)
    one = hand.layer("one", hand.layer("picture", x))
    two = hand.layer("two", hand.layer("pixels", x))
    return one + two if join == "cat" else hand.add(one, two)


def draw_resnet20(hand):
    x = hand.layer("conv1", hand.inputs(3))
    for stage in (1, 2, 3):
        for number in (1, 2, 3):
            block = f"stage{stage}.block{number}"
            y = hand.layer(f"{block}.conv2", hand.layer(f"{block}.conv1", x))
            x = hand.add(y, x + [None] * (len(y) - len(x)))
    return hand.layer("fc", x)


def draw_vgg11(hand):
    x = hand.inputs(3)
    for number in range(1, 9):
        x = hand.layer(f"conv{number}", x)
    return hand.layer("fc", x)


CASES = {
    "model=resnet20": Case(lambda: network("resnet20", width=4), CIFAR, draw_resnet20),
    "model=vgg11": Case(lambda: network("vgg11", width=2), CIFAR, draw_vgg11),
    "resnet, zero-padded shortcuts": Case(
        lambda: ResNet20(True), (3, 16, 16), lambda hand: draw_resnet(hand, True)
    ),
    "resnet, convolutional shortcuts": Case(
        lambda: ResNet20(False), (3, 16, 16), lambda hand: draw_resnet(hand, False)
    ),
    "vgg": Case(vgg, (3, 12, 12), draw_vgg),
    "densenet": Case(DenseNet, (3, 8, 8), draw_densenet),
    "grouped": Case(Grouped, (3, 8, 8), draw_grouped),
    "heads, cat": Case(lambda: Heads("cat"), (2, 6, 6), lambda hand: draw_heads(hand, "cat")),
    "heads, sum": Case(lambda: Heads("sum"), (2, 6, 6), lambda hand: draw_heads(hand, "sum")),
}
