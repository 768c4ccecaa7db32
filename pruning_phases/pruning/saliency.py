"""Scores of a network's weights from its gradients, for pruning at initialization.

A network is a function of its parameters {name: tensor} and of an input batch; scores are
{name: tensor} over the prunable ones, higher is better. All of them are functions of one network:
in an ensemble they are asked for one by one, in float64, so that a replica has to the bit the
scores that it has alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn import functional as F

Parameters = dict[str, Tensor]
Network = Callable[[Parameters, Tensor], Tensor]

GRASP_TEMPERATURE = 200.0


def snip(
    network: Network, parameters: Parameters, prunable: Iterable[str], x: Tensor, y: Tensor
) -> Parameters:
    """s_i = |w_i dL/dw_i| / sum_j |w_j dL/dw_j|: the connection sensitivity |dL/dc_i| at c = 1 of
    gates w -> c w, with L the mean cross-entropy of the batch (Lee, Ajanthan, Torr 2019, arXiv
    1810.02340, eq. 5 and 6). Dimensionless, at least 0, sums to 1 over all prunable weights.

    x: [B, ...], y: [B].
    """
    gradient = torch.func.grad(lambda p: F.cross_entropy(network(p, x), y))(parameters)
    score = {name: (parameters[name] * gradient[name]).abs() for name in prunable}
    total = sum(part.sum() for part in score.values())
    return {name: part / total for name, part in score.items()}


def grasp(
    network: Network, parameters: Parameters, prunable: Iterable[str], x: Tensor, y: Tensor,
    temperature: float = GRASP_TEMPERATURE,
) -> Parameters:  # fmt: skip
    """s_i = w_i (H g)_i, g and H the gradient and Hessian of the mean cross-entropy of the logits
    divided by the temperature, over all parameters.

    To first order, cutting weight i changes the gradient's squared norm by -2 w_i (H g)_i, so what
    is cut are the weights of the smallest s: the method keeps the gradient flow (Wang, Zhang,
    Grosse 2020, arXiv 2002.07376, eq. 7 and 8, whose S(-theta) is -s and whose top is cut).
    Either sign; nats^2. x: [B, ...], y: [B].
    """
    slope = torch.func.grad(lambda p: F.cross_entropy(network(p, x) / temperature, y))
    gradient = {name: part.detach() for name, part in slope(parameters).items()}

    def along_gradient(p: Parameters) -> Tensor:
        terms = [(part * gradient[name]).sum() for name, part in slope(p).items()]
        return torch.stack(terms).sum()

    product = torch.func.grad(along_gradient)(parameters)
    return {name: parameters[name] * product[name] for name in prunable}


def synflow(
    network: Network, parameters: Parameters, prunable: Iterable[str], example: Tensor
) -> Parameters:
    """s_i = |w_i| dR/d|w_i|, R = the sum of the outputs of the network with |w| for every weight,
    no biases, and an input of ones (Tanaka, Kunin, Yamins, Ganguli 2020, arXiv 2006.05467, eq. 2).

    No data enter. R is the sum over all paths of the product of their weights' magnitudes, so the
    scores of each layer add up to R: none is emptied before the others.
    example: [1, ...], read for its shape alone.
    """
    weights = set(prunable)
    positive = {
        name: part.abs() if name in weights else torch.zeros_like(part)
        for name, part in parameters.items()
    }
    ones = torch.ones_like(example)
    flow = torch.func.grad(lambda p: network(p, ones).sum())(positive)
    return {name: positive[name] * flow[name] for name in weights}
