"""Exact cut: exactly the k surviving weights with the highest scores are kept."""

import torch
from torch import Tensor

from pruning_phases.errors import RunError


def cut(scores: Tensor, surviving: Tensor, num_kept: int) -> Tensor:
    """New mask of every replica: exactly ``num_kept`` of its surviving weights.

    scores:    [R, n] float; higher scores survive. Scores of pruned weights are not read.
    surviving: [R, n] bool, the same number in every row.
    returns    [R, n] bool, a subset of ``surviving`` with row sums num_kept.

    Among equal scores at the threshold, lower indices are kept: the same cut on every device.
    """
    num_replicas = len(scores)
    counts = surviving.sum(dim=1)
    num_surviving = int(counts[0])
    if not bool((counts == num_surviving).all()):
        raise ValueError(f"replicas hold different numbers of weights: {counts.tolist()}")
    if not 0 <= num_kept < num_surviving:
        raise RunError(f"{num_surviving} surviving weights cannot be cut to {num_kept}")
    places = surviving.flatten().nonzero().view(num_replicas, num_surviving)
    compared = scores.flatten()[places]
    if not bool(torch.isfinite(compared).all()):
        raise RunError("a weight's score is NaN or infinite: lower optimizer.lr")
    kept = _best(compared, num_kept)
    mask = torch.zeros_like(surviving)
    mask.view(-1)[places[kept]] = True
    return mask


def _best(scores: Tensor, num_kept: int) -> Tensor:
    """Mark num_kept scores in each row, at the threshold the first: [R, n] -> [R, n] bool."""
    if num_kept == 0:
        return torch.zeros_like(scores, dtype=torch.bool)
    num_pruned = scores.shape[1] - num_kept
    threshold = torch.kthvalue(scores, num_pruned + 1, dim=1, keepdim=True).values
    above = scores > threshold
    equal = scores == threshold
    room = num_kept - above.sum(dim=1, keepdim=True)
    if bool((equal.sum(dim=1, keepdim=True) == room).all()):
        return above | equal
    return above | (equal & (torch.cumsum(equal, dim=1) <= room))
