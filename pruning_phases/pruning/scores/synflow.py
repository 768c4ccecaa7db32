"""SynFlow: synaptic flow, without data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.pruning.registry import Network, Parameters

READS = "shape"


def score(
    network: Network, parameters: Parameters, prunable: Iterable[str], example: Tensor
) -> Parameters:
    """Score s_i = |w_i| dR/d|w_i|, with R the summed outputs for |w|, no biases, and inputs of 1.

    Tanaka, Kunin, Yamins, Ganguli 2020, arXiv 2006.05467, eq. 2. No data enter. R is the sum over
    all paths of the product of their weights' magnitudes, so the scores of each layer add up to R,
    which avoids layer collapse. At least 0. example: [1, ...], read for its shape alone.

    Batch normalization y = gamma (x - mu) / sqrt(var + eps) + beta is a factor of its channel: mu =
    beta = 0, gamma counts as |gamma|, and var stays. Biases are the parameters named ``*bias*``.
    """
    import torch

    positive = {
        name: torch.zeros_like(part) if "bias" in name.rpartition(".")[2] else part.abs()
        for name, part in parameters.items()
    }
    ones = torch.ones_like(example)
    flow = torch.func.grad(lambda p: network(p, ones).sum())(positive)
    return {name: positive[name] * flow[name] for name in prunable}
