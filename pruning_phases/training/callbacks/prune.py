"""Prune all replicas at the beginning of every pruning step.

In: the module, the pruner's configuration. Out: smaller masks, the weights to train from. Knows no
score by name: ``pruning.registry`` gives the function and the arguments that it reads. A score of
a user's own is checked after every call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from lightning import Callback, Trainer
from torch import Tensor

from pruning_phases.config.enums import Scope, Stage
from pruning_phases.ensemble.optimizers import forget_pruned_weights
from pruning_phases.ensemble.workers import each
from pruning_phases.import_path import Fault, described, is_import_path
from pruning_phases.pruning.counts import geometric_rounds, layer_counts
from pruning_phases.pruning.cut import cut
from pruning_phases.pruning.predictor import teacher_of
from pruning_phases.pruning.registry import (
    PREDICTOR,
    REGROWTH,
    SHAPE,
    STREAM,
    WEIGHTS,
    reads,
    score_named,
)
from pruning_phases.pruning.regrowth import erdos_renyi_counts
from pruning_phases.streams import permutations
from pruning_phases.training.evaluate import evaluation_mode
from pruning_phases.training.in_float64 import (
    alone_in_float64,
    batch_in_float64,
    gradients,
    training_examples,
)
from pruning_phases.training.loop import EnsembleModule


class Prune(Callback):
    """Prunes at the first round of every step but the dense training."""

    def on_train_epoch_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step > 0 and module.round == 0:
            prune(module)


@torch.no_grad()
def prune(module: EnsembleModule) -> None:
    """Score the surviving weights, prune to the step's count, set the weights to train from."""
    replicas, pruner = module.replicas, module.config.pruner
    before = replicas.layer_masks()
    if pruner.scored_on is not Stage.now:
        module.load_stage(pruner.scored_on)
    num_kept = int(module.num_kept[0])
    whole = None
    if reads(pruner.score) == REGROWTH:
        weights = {name: replicas.stacked(name).clone() for name in replicas.layer_of}
        whole = _Whole(before, weights)
    if score_named(pruner.score).in_rounds:
        replicas.set_masks(before)  # rounds go on from the network as pruned, not the dense one
    for count in _rounds(module, num_kept, sum(int(mask[0].sum()) for mask in before.values())):
        _cut_to(module, count, whole)
    if pruner.trains_from is Stage.now:
        forget_pruned_weights(module.optimizer, replicas)
    else:
        module.load_stage(pruner.trains_from)
        replicas.set_masks(replicas.layer_masks())
        module.optimizer.state.clear()
    _verify(replicas.layer_masks(), before, num_kept)


def _rounds(module: EnsembleModule, num_kept: int, num_surviving: int) -> list[int]:
    """Surviving weights after each cut of this step: one cut, or several for SynFlow."""
    pruner = module.config.pruner
    num_rounds = pruner.score_rounds if score_named(pruner.score).in_rounds else 1
    return geometric_rounds(num_surviving, num_kept, num_rounds)


@dataclass(frozen=True)
class _Whole:
    """Masks and weights when a step begins, all of which compete in every round."""

    masks: dict[str, Tensor]  # layer name -> [R, ...]
    weights: dict[str, Tensor]  # parameter name -> [R, ...]


def _cut_to(module: EnsembleModule, num_kept: int, whole: _Whole | None) -> None:
    """Cut to a count: of the surviving weights, or of those of ``whole``, which come back first."""
    replicas = module.replicas
    score = network_scores(module, whole.weights if whole else None)
    if whole:
        for name, weights in whole.weights.items():
            replicas.stacked(name).copy_(weights)
        replicas.set_masks(whole.masks)
    masks = replicas.layer_masks()
    sizes = [mask[0].numel() for mask in masks.values()]
    surviving = torch.cat([mask.flatten(1) for mask in masks.values()], dim=1)
    counts, left = [num_kept], [int(mask[0].sum()) for mask in masks.values()]
    if module.config.pruner.scope is Scope.layer:
        counts = layer_counts(num_kept, sizes, left)
    elif module.config.pruner.scope is Scope.erdos_renyi:
        shapes = [tuple(mask.shape[1:]) for mask in masks.values()]
        counts = erdos_renyi_counts(num_kept, shapes, left)
    kept = torch.cat(
        each(lambda part: _kept(score[part], surviving[part], counts, sizes), replicas.parts())
    )
    replicas.set_masks(
        {
            layer: mask.view(masks[layer].shape)
            for layer, mask in zip(masks, kept.split(sizes, 1), strict=True)
        }
    )


def _kept(score: Tensor, surviving: Tensor, counts: list[int], sizes: list[int]) -> Tensor:
    """Masks [R, n] after a cut to one count, or to one in each of the layers with these sizes."""
    if len(counts) == 1:
        return cut(score, surviving, counts[0])
    layers = zip(score.split(sizes, 1), surviving.split(sizes, 1), counts, strict=True)
    return torch.cat(
        [
            cut(scores, mask, count) if count < int(mask[0].sum()) else mask
            for scores, mask, count in layers
        ],
        dim=1,
    )


def network_scores(module: EnsembleModule, before: dict[str, Tensor] | None = None) -> Tensor:
    """[R, weights of all layers]: the pruner's scores of the current weights.

    before: parameter name -> [R, ...] weights when the step began, None: the current ones.
    """
    replicas, name = module.replicas, module.config.pruner.score
    found = score_named(name)
    weights = torch.cat([layer.flatten(1) for layer in replicas.layer_weights().values()], dim=1)
    if found.reads == WEIGHTS:
        score = found.score(weights.clone() if is_import_path(name) else weights)
    elif found.reads == STREAM:
        score = found.score(module.stream("prune"), weights.shape[1])
    else:
        whole = before or {name: replicas.stacked(name).detach() for name in replicas.layer_of}
        with evaluation_mode(module):
            networks = range(replicas.num_replicas)
            return torch.stack([_gradient_scores(module, r, whole) for r in networks])
    if is_import_path(name):
        masks = [mask.flatten(1) for mask in replicas.layer_masks().values()]
        _refuse_scores(name, {"": score}, {"": torch.cat(masks, dim=1)})
    return score


def _gradient_scores(module: EnsembleModule, r: int, before: dict[str, Tensor]) -> Tensor:
    """Score one network in float64, so that its scores do not depend on the other networks."""
    replicas, pruner = module.replicas, module.config.pruner
    prunable = list(replicas.layer_of)
    with torch.enable_grad():
        found = score_named(pruner.score).score(*_read_by_score(module, r, before))
    if is_import_path(pruner.score):
        if not isinstance(found, dict) or not set(prunable) <= set(found):
            expected = f"a dictionary of tensors with the keys {', '.join(prunable)}"
            got = f"the keys {', '.join(map(str, found))}" if isinstance(found, dict) else None
            raise Fault(pruner.score, f"expected {expected}, got {got or described(found)}")
        surviving = {name: replicas.mask(name)[r] > 0 for name in prunable}
        _refuse_scores(pruner.score, found, surviving)
    return torch.cat([found[name].flatten() for name in prunable])


def _read_by_score(module: EnsembleModule, r: int, before: dict[str, Tensor]) -> list[Any]:
    """Arguments of the pruner's score for one network, as ``pruning.registry`` lists them."""
    source, prunable = reads(module.config.pruner.score), list(module.replicas.layer_of)
    if source == PREDICTOR:
        weights = alone_in_float64(module, r)[1]
        found = gradients(module, r, training_examples(module, r))
        of_prunable = ({name: one[name] for name in prunable} for one in (weights, found))
        return [teacher_of(module.config.pruner), *of_prunable]
    read: list[Any] = [*alone_in_float64(module, r, zero_means=source == SHAPE), prunable]
    if source == SHAPE:
        return [*read, module.data.train_images(module.data.subset[r][:1]).double()]
    if source == REGROWTH:
        read.append({name: weights[r].double() for name, weights in before.items()})
    return [*read, *batch_in_float64(module, score_examples(module, r))]


def _refuse_scores(path: str, found: Mapping[str, Any], surviving: Mapping[str, Tensor]) -> None:
    """Raise Fault unless every weight has a score, a finite one if it survives."""
    for name, mask in surviving.items():
        score, of = found[name], name and f" of {name}"
        if not isinstance(score, Tensor) or score.shape != mask.shape:
            expected = f"scores{of} as a tensor {list(mask.shape)}"
            raise Fault(path, f"expected {expected}, got {described(score)}")
        if not score.is_floating_point():
            raise Fault(path, f"expected scores{of} of a floating type, got {score.dtype}")
        lost = int((mask & ~torch.isfinite(score)).sum())
        if lost:
            raise Fault(
                path, f"expected finite scores{of}, got {lost} of {int(mask.sum())} NaN or infinite"
            )


def score_examples(module: EnsembleModule, r: int) -> Tensor:
    """Indices of the training examples of replica r for scores, the same at every step."""
    return examples_of(
        module, r, module.stream("score", step=0), module.config.pruner.score_examples
    )


def examples_of(module: EnsembleModule, r: int, keys: Tensor, count: int) -> Tensor:
    """Indices of ``count`` training examples of replica r, by its stream among keys [R, 2]."""
    data = module.data
    order = permutations(keys[r], int(data.sizes[r]))
    return data.subset[r][order[:count]]


def _verify(after: dict[str, Tensor], before: dict[str, Tensor], num_kept: int) -> None:
    """Check the cut's post-condition: exact counts, and masks that only shrink."""
    kept = sum(mask.flatten(1).sum(dim=1) for mask in after.values())
    assert bool((torch.as_tensor(kept) == num_kept).all()), (kept, num_kept)
    assert not any(bool((after[layer] & ~before[layer]).any()) for layer in after)
