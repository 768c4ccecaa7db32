"""SNIP: connection sensitivity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.pruning.registry import Network, Parameters

READS = "examples"


def score(
    network: Network, parameters: Parameters, prunable: Iterable[str], x: Tensor, y: Tensor
) -> Parameters:
    """Score s_i = |w_i dL/dw_i| / sum_j |w_j dL/dw_j|, with L the mean cross-entropy of the batch.

    It is the sensitivity |dL/dc_i| at c = 1 to gates w -> c w (Lee, Ajanthan, Torr 2019, arXiv
    1810.02340, eq. 5 and 6). Dimensionless, at least 0, sums to 1 over all prunable weights.
    x: [B, ...], y: [B].
    """
    import torch
    from torch.nn import functional as F

    gradient = torch.func.grad(lambda p: F.cross_entropy(network(p, x), y))(parameters)
    sensitivity = {name: (parameters[name] * gradient[name]).abs() for name in prunable}
    total = sum(part.sum() for part in sensitivity.values())
    return {name: part / total for name, part in sensitivity.items()}
