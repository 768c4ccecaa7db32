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
        pieces = zip(score.split(sizes, 1), alive.split(sizes, 1), strict=True)
        counts = layer_counts(
            module.num_kept, [int(part[0].sum()) for part in alive.split(sizes, 1)]
        )
        kept = torch.cat(
            [
                cut(part, living, count) if count < int(living[0].sum()) else living
                for (part, living), count in zip(pieces, counts, strict=True)
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


def layer_counts(num_kept: int, alive: list[int]) -> list[int]:
    """Share num_kept over layers in proportion to what each has left: the sum is exact, a layer's
    share is rounded to the next weight below or above (largest remainders, then the earlier layer).
    """
    total = sum(alive)
    shares = [num_kept * count / total for count in alive]
    counts = [int(share) for share in shares]
    by_remainder = sorted(range(len(alive)), key=lambda i: (counts[i] - shares[i], i))
    for i in by_remainder[: num_kept - sum(counts)]:
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
