"""Cuts the masks at the beginning of every pruning step."""

from __future__ import annotations

import torch
from lightning import Callback, Trainer
from torch import Tensor

from pruning_phases.config.choices import Scope, Stage
from pruning_phases.ensemble.optimizers import forget_pruned_weights
from pruning_phases.pruning.cut import cut
from pruning_phases.pruning.registry import SHAPE, STREAM, WEIGHTS, reads, scores
from pruning_phases.streams import permutations
from pruning_phases.training.loop import EnsembleModule


class Prune(Callback):
    def on_train_epoch_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step > 0 and module.round == 0:
            prune(module)


@torch.no_grad()
def prune(module: EnsembleModule) -> None:
    """Score the living weights, cut to the step's count, and set the weights to train from."""
    replicas, pruner = module.replicas, module.config.pruner
    before = replicas.layer_masks()
    if pruner.scored_on is not Stage.now:
        module.load_stage(pruner.scored_on)
    for num_kept in _rounds(module, sum(int(mask[0].sum()) for mask in before.values())):
        _cut_to(module, num_kept)
    if pruner.trains_from is Stage.now:
        forget_pruned_weights(module.optimizer, replicas)
    else:
        module.load_stage(pruner.trains_from)
        replicas.set_masks(replicas.layer_masks())
        module.optimizer.state.clear()
    _verify(replicas.layer_masks(), before, module.num_kept)


def _rounds(module: EnsembleModule, num_surviving: int) -> list[int]:
    """How many weights are left after each of the cuts that make up this step: one, or for SynFlow
    a geometric series (arXiv 2006.05467, alg. 1)."""
    if reads(module.config.pruner.score) != SHAPE:
        return [module.num_kept]
    rounds = module.config.pruner.score_rounds
    ratio = max(module.num_kept, 1) / num_surviving
    counts = [round(num_surviving * ratio ** (done / rounds)) for done in range(1, rounds)]
    between = sorted({c for c in counts if module.num_kept < c < num_surviving}, reverse=True)
    return [*between, module.num_kept]


def _cut_to(module: EnsembleModule, num_kept: int) -> None:
    replicas = module.replicas
    masks = replicas.layer_masks()
    sizes = [mask[0].numel() for mask in masks.values()]
    alive = torch.cat([mask.flatten(1) for mask in masks.values()], dim=1)
    score = network_scores(module)
    if module.config.pruner.scope is not Scope.layer:
        kept = cut(score, alive, num_kept)
    else:
        pieces = list(zip(score.split(sizes, 1), alive.split(sizes, 1), strict=True))
        left = [int(living[0].sum()) for _, living in pieces]
        counts = layer_counts(num_kept, sizes, left)
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


def network_scores(module: EnsembleModule) -> Tensor:
    """[R, weights of all layers]: the pruner's scores of the weights as they are."""
    replicas, found = module.replicas, scores()[module.config.pruner.score]
    weights = torch.cat([part.flatten(1) for part in replicas.layer_weights().values()], dim=1)
    if found.READS == WEIGHTS:
        return found.score(weights)
    if found.READS == STREAM:
        return found.score(module.stream("prune"), weights.shape[1])
    with module.evaluating():
        return torch.stack([_gradient_scores(module, r) for r in range(replicas.num_replicas)])


def _gradient_scores(module: EnsembleModule, r: int) -> Tensor:
    """One network's scores, which it would have alone: in float64, one network after the other."""
    replicas, pruner = module.replicas, module.config.pruner
    parameters = {name: replicas.stacked(name)[r].detach().double() for name in replicas.names}
    network, prunable = replicas.alone(r), list(replicas.layer_of)
    with torch.enable_grad():
        score = scores()[pruner.score].score
        if reads(pruner.score) == SHAPE:
            example = module.data.train_images(module.data.subset[r][:1]).double()
            found = score(network, parameters, prunable, example)
        else:
            chosen = score_examples(module, r)
            x, y = module.data.train_images(chosen).double(), module.data.train_y[chosen]
            found = score(network, parameters, prunable, x, y)
    return torch.cat([found[name].flatten() for name in prunable])


def score_examples(module: EnsembleModule, r: int) -> Tensor:
    """Indices of the training examples of replica r that scores look at, the same at each step."""
    data = module.data
    size = int(data.sizes[r])
    order = permutations(module.stream("score", step=0)[r], size)
    return data.subset[r][order[: module.config.pruner.score_examples]]


def _verify(after: dict[str, Tensor], before: dict[str, Tensor], num_kept: int) -> None:
    """The cut's post-condition: exact counts, and masks that only shrink."""
    kept = sum(mask.flatten(1).sum(dim=1) for mask in after.values())
    assert bool((torch.as_tensor(kept) == num_kept).all()), (kept, num_kept)
    assert not any(bool((after[layer] & ~before[layer]).any()) for layer in after)
