"""ProsPr: sensitivity of the loss after the first updates, through these updates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from pruning_phases.pruning.registry import Network, Parameters

READS = "examples"
STEPS = 3
RATE = 0.1


def score(
    network: Network, parameters: Parameters, prunable: Iterable[str], x: Tensor, y: Tensor,
    steps: int = STEPS, rate: float = RATE,
) -> Parameters:  # fmt: skip
    """Score s_i = |dL_M(w_M) / dc_i| at gates c = 1, with w_0 = c w and M steps of descent

        w_(m+1) = w_m - rate dL_m(w_m)/dw_m

    L_m is the mean cross-entropy of the m-th of M + 1 equal parts of the examples. The gradient is
    that of the whole computation, second derivatives among it. Pruned weights take no part in the
    steps. Alizadeh et al. 2022, arXiv 2202.08132, section 3; without steps it is SNIP's score, not
    divided by its sum. In nats, at least 0. x: [B, ...], y: [B].
    """
    import torch
    from torch.nn import functional as F

    names = list(prunable)
    surviving = {name: (parameters[name] != 0).to(parameters[name]) for name in names}
    parts = [*zip(x.tensor_split(steps + 1), y.tensor_split(steps + 1), strict=True)]

    def loss(p: Parameters, part: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(network(p, part[0]), part[1])

    def loss_at_the_end(gates: Parameters) -> Tensor:
        w = parameters | {name: parameters[name] * gates[name] for name in names}
        for part in parts[:-1]:
            gradient = torch.func.grad(loss)(w, part)
            gradient |= {name: gradient[name] * surviving[name] for name in names}
            w = {name: value - rate * gradient[name] for name, value in w.items()}
        return loss(w, parts[-1])

    ones = {name: torch.ones_like(parameters[name]) for name in names}
    return {name: slope.abs() for name, slope in torch.func.grad(loss_at_the_end)(ones).items()}
