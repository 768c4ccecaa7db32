"""The networks that the sparse form can express: chains of linear and convolution layers.

In: a module and the shape of an example. Out: the geometry of its layers, or None.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pruning_phases.models.blocks import AgainstZero
from pruning_phases.models.dropout import PhaseDropout


class Geometry(NamedTuple):
    """Connections of a layer's units to those below.

    A *sum* is what a layer computes before pooling. A unit is the largest of ``pool_height`` times
    ``pool_width`` sums. A linear layer is a convolution over a map of one pixel.
    """

    in_channels: int
    in_height: int
    in_width: int
    channels: int
    height: int  # of the units' map
    width: int
    kernel_height: int = 1
    kernel_width: int = 1
    stride_height: int = 1
    stride_width: int = 1
    padding_height: int = 0
    padding_width: int = 0
    dilation_height: int = 1
    dilation_width: int = 1
    pool_height: int = 1
    pool_width: int = 1
    groups: int = 1

    @property
    def num_units(self) -> int:
        return self.channels * self.height * self.width

    @property
    def window(self) -> int:
        """Sums of which a unit is the largest."""
        return self.pool_height * self.pool_width

    @property
    def num_weights(self) -> int:
        return self.channels * self._weights_of_a_sum

    @property
    def num_edges(self) -> int:
        """Products that all sums consist of, without pruning; those of the margin are counted."""
        return self.num_units * self.window * self._weights_of_a_sum

    @property
    def _weights_of_a_sum(self) -> int:
        return self.kernel_height * self.kernel_width * self.in_channels // self.groups

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width


@dataclass(frozen=True)
class Chain:
    """A network of layers with ReLU between them, each with dropout or none with it."""

    weights: list[str]  # parameter names
    biases: list[str]
    layers: list[Geometry]
    dropout: list[str]  # layers of dropout, empty or one for each hidden layer
    numbers: NDArray[np.int64]  # of the hidden layers' dropout
    against_zero: bool = False  # its one output separates two classes

    @property
    def num_weights(self) -> int:
        """Prunable weights."""
        return sum(layer.num_weights for layer in self.layers)

    @property
    def num_edges(self) -> int:
        """Products that an output consists of, without pruning."""
        return sum(layer.num_edges for layer in self.layers)


@dataclass
class _Part:
    """A layer with weights, and what follows it up to the next one."""

    name: str
    layer: nn.Linear | nn.Conv2d
    pool: nn.MaxPool2d | None = None
    has_relu: bool = False
    dropout: tuple[str, PhaseDropout] | None = None


def chain_of(module: nn.Module, input_shape: tuple[int, ...]) -> Chain | None:
    """The chain that a module is, or None."""
    layers = dict(module.named_children()) if isinstance(module, nn.Sequential) else {}
    against_zero = bool(layers) and type(list(layers.values())[-1]) is AgainstZero
    if against_zero:
        layers.popitem()
    parts = _parts(layers)
    if not parts or parts[-1].has_relu or not isinstance(parts[-1].layer, nn.Linear):
        return None
    hidden = parts[:-1]
    drops = [part.dropout for part in hidden if part.dropout]
    regular = all(part.has_relu for part in hidden) and len(drops) in (0, len(hidden))
    geometries = list(_geometries(parts, input_shape))
    if not regular or len(geometries) < len(parts):
        return None
    return Chain(
        [f"{part.name}.weight" for part in parts],
        [f"{part.name}.bias" for part in parts],
        geometries,
        [name for name, _ in drops],
        np.array([layer.layer for _, layer in drops], np.int64),
        against_zero,
    )


def _parts(layers: Mapping[str, nn.Module]) -> list[_Part] | None:
    """The layers with weights, each with its pooling, ReLU and dropout in this order, or None."""
    parts: list[_Part] = []
    for name, layer in layers.items():
        last = parts[-1] if parts else None
        is_flat = last is None or isinstance(last.layer, nn.Linear)
        if type(layer) is nn.Linear or (type(layer) is nn.Conv2d and _is_expressible(layer)):
            if layer.bias is None:
                return None
            parts.append(_Part(name, layer))
        elif type(layer) is nn.Flatten and (layer.start_dim, layer.end_dim) == (1, -1):
            continue
        elif last is None or last.dropout:
            return None
        elif type(layer) is nn.MaxPool2d and _tiles(layer):
            if is_flat or last.pool or last.has_relu:
                return None
            last.pool = layer
        elif type(layer) is nn.ReLU and not last.has_relu:
            last.has_relu = True
        elif type(layer) is PhaseDropout and last.has_relu:
            last.dropout = name, layer
        else:
            return None
    return parts


def _is_expressible(layer: nn.Conv2d) -> bool:
    return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _tiles(pool: nn.MaxPool2d) -> bool:
    """True if the windows of a pooling lie side by side."""
    side_by_side = _pair(pool.stride) == _pair(pool.kernel_size)
    plain = _pair(pool.padding) == (0, 0) and _pair(pool.dilation) == (1, 1)
    return side_by_side and plain and not pool.ceil_mode and not pool.return_indices


def _geometries(parts: list[_Part], input_shape: tuple[int, ...]) -> Iterator[Geometry]:
    """Yield the layers' geometries, as far as each layer fits to the one below."""
    shape = input_shape
    for part in parts:
        if isinstance(part.layer, nn.Linear):
            if prod(shape) != part.layer.in_features:
                return
            geometry = Geometry(part.layer.in_features, 1, 1, part.layer.out_features, 1, 1)
        else:
            if len(shape) != 3:
                return
            channels, height, width = shape
            geometry = _convolution(part.layer, part.pool, (channels, height, width))
        yield geometry
        shape = geometry.shape


def _convolution(
    layer: nn.Conv2d, pool: nn.MaxPool2d | None, shape: tuple[int, int, int]
) -> Geometry:
    window = _pair(pool.kernel_size) if pool else (1, 1)
    kernel, stride = _pair(layer.kernel_size), _pair(layer.stride)
    padding, dilation = _pair(layer.padding), _pair(layer.dilation)
    height, width = (
        ((shape[axis + 1] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1)
         // stride[axis] + 1) // window[axis]
        for axis in (0, 1)
    )  # fmt: skip
    return Geometry(
        *shape, layer.out_channels, height, width,
        kernel_height=kernel[0], kernel_width=kernel[1],
        stride_height=stride[0], stride_width=stride[1],
        padding_height=padding[0], padding_width=padding[1],
        dilation_height=dilation[0], dilation_width=dilation[1],
        pool_height=window[0], pool_width=window[1], groups=layer.groups,
    )  # fmt: skip


def _pair(size: int | tuple[int, ...] | str) -> tuple[int, int]:
    assert not isinstance(size, str)
    height, width = (size, size) if isinstance(size, int) else size
    return height, width
