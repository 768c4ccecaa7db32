"""The networks that the sparse form can express: chains of linear layers.

In: a module. Out: the names of its layers' parameters, or None.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pruning_phases.models.dropout import PhaseDropout


@dataclass(frozen=True)
class Chain:
    """A network of linear layers with ReLU between them, each with dropout or none with it."""

    weights: list[str]  # parameter names
    biases: list[str]
    widths: list[int]  # units of each layer, without the inputs
    dropout: list[str]  # layers of dropout, empty or one for each hidden layer
    numbers: NDArray[np.int64]  # of the hidden layers' dropout


def chain_of(module: nn.Module) -> Chain | None:
    """The chain that a module is, or None."""
    if not isinstance(module, nn.Sequential):
        return None
    named = list(module.named_children())
    if named and isinstance(named[0][1], nn.Flatten):
        named = named[1:]
    linear = [(name, layer) for name, layer in named if type(layer) is nn.Linear]
    dropout = [(name, layer) for name, layer in named if type(layer) is PhaseDropout]
    for hidden in ([nn.Linear, nn.ReLU], [nn.Linear, nn.ReLU, PhaseDropout]):
        kinds = hidden * (len(linear) - 1) + [nn.Linear]
        has_biases = all(layer.bias is not None for _, layer in linear)
        if linear and has_biases and [type(layer) for _, layer in named] == kinds:
            return Chain(
                [f"{name}.weight" for name, _ in linear],
                [f"{name}.bias" for name, _ in linear],
                [layer.out_features for _, layer in linear],
                [name for name, _ in dropout],
                np.array([layer.layer for _, layer in dropout], np.int64),
            )
    return None
