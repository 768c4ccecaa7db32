"""Cuts the masks at the beginning of every pruning step."""

from __future__ import annotations

import torch
from lightning import Callback, Trainer
from torch import Tensor

from pruning_phases.config import Scope, Score
from pruning_phases.engine.module import EnsembleModule
from pruning_phases.engine.optimizers import forget_cut_weights
from pruning_phases.pruning import scores
from pruning_phases.pruning.cut import cut


class Prune(Callback):
    def on_train_epoch_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step > 0 and module.round == 0:
            prune(module)


@torch.no_grad()
def prune(module: EnsembleModule) -> None:
    """Score the living weights, cut to the step's count, zero what was cut and its momentum."""
    replicas = module.replicas
    masks, weights = replicas.layer_masks(), replicas.layer_weights()
    sizes = [mask[0].numel() for mask in masks.values()]
    alive = torch.cat([mask.flatten(1) for mask in masks.values()], dim=1)
    score = _scores(module, torch.cat([weight.flatten(1) for weight in weights.values()], dim=1))
    if module.config.pruner.scope is Scope.whole:
        kept = cut(score, alive, module.num_kept)
    else:
        pieces = list(zip(score.split(sizes, 1), alive.split(sizes, 1), strict=True))
        left = [int(living[0].sum()) for _, living in pieces]
        counts = layer_counts(module.num_kept, sizes, left)
        kept = torch.cat(
            [
                cut(part, living, count) if count < before else living
                for (part, living), count, before in zip(pieces, counts, left, strict=True)
            ],
            dim=1,
        )
    replicas.set_masks(
        {
            layer: part.view(masks[layer].shape)
            for layer, part in zip(masks, kept.split(sizes, 1), strict=True)
        }
    )
    forget_cut_weights(module.optimizer, replicas)
    _verify(replicas.layer_masks(), masks, module.num_kept)


def layer_counts(num_kept: int, sizes: list[int], alive: list[int]) -> list[int]:
    """How many of num_kept weights each layer keeps, so that all have the same density.

    A layer's share num_kept * size / total is rounded to the weight below or above: above for the
    largest remainders, then for the earlier layers, never above what is alive. The sum is exact.
    """
    total = sum(sizes)
    shares = [num_kept * size / total for size in sizes]
    counts = [min(int(share), left) for share, left in zip(shares, alive, strict=True)]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (counts[i] - shares[i], i))
    while sum(counts) < num_kept:
        for i in by_remainder:
            if counts[i] < alive[i] and sum(counts) < num_kept:
                counts[i] += 1
    return counts


def _scores(module: EnsembleModule, weights: Tensor) -> Tensor:
    if module.config.pruner.score is Score.random:
        return scores.random(module.stream("prune"), weights.shape[1])
    return scores.magnitude(weights)


def _verify(after: dict[str, Tensor], before: dict[str, Tensor], num_kept: int) -> None:
    """The cut's post-condition: exact counts, and masks that only shrink."""
    kept = sum(mask.flatten(1).sum(dim=1) for mask in after.values())
    assert bool((torch.as_tensor(kept) == num_kept).all()), (kept, num_kept)
    assert not any(bool((after[layer] & ~before[layer]).any()) for layer in after)
