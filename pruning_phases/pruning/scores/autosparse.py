"""AutoSparse: survival under iterative magnitude pruning, as a learned predictor foretells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pruning_phases.pruning.predictor import Predictor
    from pruning_phases.pruning.registry import Parameters

READS = "predictor"


def score(predictor: Predictor, weights: Parameters, gradients: Parameters) -> Parameters:
    """Score s_i = f(w_i, dL/dw_i), the fraction of rounds that the weight is predicted to survive.

    f: the predictor. L: the mean cross-entropy over all training examples of the network at its
    initial weights w, in nats. Liu et al. 2024, arXiv 2408.14757, whose gradient is the sum over
    the batches, not the mean. Dimensionless; about 0 to 1.
    """
    import torch

    return {
        name: torch.from_numpy(predictor(weight.cpu().numpy(), gradients[name].cpu().numpy())).to(
            weight.device
        )
        for name, weight in weights.items()
    }
