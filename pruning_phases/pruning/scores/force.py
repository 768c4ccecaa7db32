"""FORCE: foresight connection sensitivity, with weights that may come back between rounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.pruning.registry import Network, Parameters

READS = "regrowth"


def score(
    network: Network, parameters: Parameters, prunable: Iterable[str], before: Parameters,
    x: Tensor, y: Tensor,
) -> Parameters:  # fmt: skip
    """Score s_i = |w_i dL/dw_i(c w)|, the slope at the pruned network c w times the whole weight.

    de Jorge, Sanyal, Behl, Torr, Rogez, Dokania 2021, arXiv 2006.09081, eq. 6 and 7: the mask that
    a round chooses is trained next, so sensitivity is that after pruning, and weights that the
    round before has pruned compete again. parameters: of the pruned network, with 0 for pruned
    weights. before: the weights w of the prunable tensors before the first round. At least 0.
    """
    import torch
    from torch.nn import functional as F

    gradient = torch.func.grad(lambda p: F.cross_entropy(network(p, x), y))(parameters)
    return {name: (before[name] * gradient[name]).abs() for name in prunable}
