"""SynFlow: synaptic flow, without data.

A function of one network, in float64, so that a replica in an ensemble has to the bit the score
that it has alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    Parameters = dict[str, Tensor]
    Network = Callable[[Parameters, Tensor], Tensor]

READS = "shape"


def score(
    network: Network, parameters: Parameters, prunable: Iterable[str], example: Tensor
) -> Parameters:
    """s_i = |w_i| dR/d|w_i|, R = the sum of the outputs of the network with |w| for every weight,
    no biases, and an input of ones (Tanaka, Kunin, Yamins, Ganguli 2020, arXiv 2006.05467, eq. 2).

    No data enter. R is the sum over all paths of the product of their weights' magnitudes, so the
    scores of each layer add up to R: none is emptied before the others.
    example: [1, ...], read for its shape alone.
    """
    import torch

    weights = set(prunable)
    positive = {
        name: part.abs() if name in weights else torch.zeros_like(part)
        for name, part in parameters.items()
    }
    ones = torch.ones_like(example)
    flow = torch.func.grad(lambda p: network(p, ones).sum())(positive)
    return {name: positive[name] * flow[name] for name in weights}
