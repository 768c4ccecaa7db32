"""AutoSparse: survival under iterative magnitude pruning, as a network predicts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pruning_phases.pruning.predictor import Predictor
    from pruning_phases.pruning.registry import Parameters

READS = "predictor"


def score(predictor: Predictor, weights: Parameters, gradients: Parameters) -> Parameters:
    """Score s_i = f(w_i, dL/dw_i), the predicted fraction of prunings that the weight survives.

    f: the predictor, of standardized weights and gradients. L: the mean cross-entropy over all
    training examples of the network at its initial weights w, in nats. Liu et al. 2024, arXiv
    2408.14757, whose gradient is the sum over the batches. Dimensionless; about 0 to 1.
    """
    import torch

    w, g = (torch.cat([part[name].flatten() for name in weights]) for part in (weights, gradients))
    found = torch.from_numpy(predictor(w.cpu().numpy(), g.cpu().numpy())).to(w.device)
    sizes = [weight.numel() for weight in weights.values()]
    parts = zip(weights.items(), found.split(sizes), strict=True)
    return {name: part.view(weight.shape) for (name, weight), part in parts}
