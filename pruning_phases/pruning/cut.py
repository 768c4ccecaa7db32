"""The exact cut: keep exactly the k best-scored of the weights that are still alive."""

from __future__ import annotations

import torch
from torch import Tensor

from pruning_phases.errors import RunError


def cut(scores: Tensor, alive: Tensor, num_kept: int) -> Tensor:
    """The new mask of every replica: exactly ``num_kept`` weights, all of them alive before.

    scores: [R, n] float, higher is better; dead weights' scores are not read.
    alive:  [R, n] bool, with the same number of living weights in every row.
    returns [R, n] bool, a subset of ``alive`` with row sums num_kept.

    Of equal scores at the edge, those with the lower index are kept: the same cut on every device.
    """
    num_replicas, num_weights = scores.shape
    counts = alive.sum(dim=1)
    num_surviving = int(counts[0])
    if not bool((counts == num_surviving).all()):
        raise ValueError(f"replicas hold different numbers of weights: {counts.tolist()}")
    if not 0 <= num_kept < num_surviving:
        raise RunError(f"a cut from {num_surviving} weights to {num_kept} is no cut")
    living = scores[alive].view(num_replicas, num_surviving)
    if not bool(torch.isfinite(living).all()):
        raise RunError("a weight's score is NaN or infinite: lower optimizer.lr")
    kept = _best(living, num_kept)
    mask = torch.zeros_like(alive)
    mask[alive] = kept.view(-1)
    return mask


def _best(scores: Tensor, num_kept: int) -> Tensor:
    """[R, n] -> [R, n] bool with num_kept True a row: above the threshold all, at it the first."""
    if num_kept == 0:
        return torch.zeros_like(scores, dtype=torch.bool)
    num_cut = scores.shape[1] - num_kept
    threshold = torch.kthvalue(scores, num_cut + 1, dim=1, keepdim=True).values
    above = scores > threshold
    at_edge = scores == threshold
    room = num_kept - above.sum(dim=1, keepdim=True)
    if bool((at_edge.sum(dim=1, keepdim=True) == room).all()):
        return above | at_edge
    return above | (at_edge & (torch.cumsum(at_edge, dim=1) <= room))
