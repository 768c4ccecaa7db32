"""GraSP: gradient signal preservation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.pruning.registry import Network, Parameters

READS = "examples"
TEMPERATURE = 200.0


def score(
    network: Network, parameters: Parameters, prunable: Iterable[str], x: Tensor, y: Tensor,
    temperature: float = TEMPERATURE,
) -> Parameters:  # fmt: skip
    """Score s_i = w_i (H g)_i, which preserves the gradient flow when the smallest s are pruned.

    g and H are the gradient and the Hessian of the mean cross-entropy of the logits divided by the
    temperature, over all parameters. To first order, pruning weight i changes the gradient's
    squared norm by -2 w_i (H g)_i. Wang, Zhang, Grosse 2020, arXiv 2002.07376, eq. 7 and 8: their
    S(-theta) is -s, and they prune the largest. Either sign; nats^2. x: [B, ...], y: [B].
    """
    import torch
    from torch.nn import functional as F

    slope = torch.func.grad(lambda p: F.cross_entropy(network(p, x) / temperature, y))
    gradient = {name: part.detach() for name, part in slope(parameters).items()}

    def along_gradient(p: Parameters) -> Tensor:
        terms = [(part * gradient[name]).sum() for name, part in slope(p).items()]
        return torch.stack(terms).sum()

    product = torch.func.grad(along_gradient)(parameters)
    return {name: parameters[name] * product[name] for name in prunable}
