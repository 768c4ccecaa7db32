"""Replace weights between the rounds of a training, at constant density (RigL).

In: the module, ``pruner.regrow``. Out: masks with as many weights in every layer, new ones at 0.
This is the one callback after which a mask may hold weights that it lacked before.
"""

import torch
from lightning import Callback, Trainer
from torch import Tensor

from pruning_phases.ensemble.optimizers import forget_pruned_weights
from pruning_phases.pruning.regrowth import regrown, replaced_fraction
from pruning_phases.streams import derive
from pruning_phases.training.callbacks.prune import examples_of
from pruning_phases.training.in_float64 import stacked_gradients
from pruning_phases.training.loop import EnsembleModule


class Regrow(Callback):
    """Replaces weights at the beginning of every round but a step's first, until it is time."""

    def on_train_epoch_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        pruner = module.config.pruner
        if not (pruner.regrow and module.trains_anew and module.step and module.round):
            return
        progress = module.num_updates / (pruner.regrow_until * module.max_updates)
        if fraction := replaced_fraction(pruner.regrow, progress):
            regrow(module, fraction)


@torch.no_grad()
def regrow(module: EnsembleModule, fraction: float) -> None:
    """Replace a fraction of the weights of every layer of every active replica."""
    replicas = module.replicas
    before, gradient = replicas.layer_masks(), batch_gradients(module)
    active = torch.tensor(module.active, device=replicas.device)
    masks = {}
    for name, layer in replicas.layer_of.items():
        mask, weights = before[layer].flatten(1), replicas.stacked(name).flatten(1)
        after = regrown(weights, gradient[name].flatten(1), mask, fraction)
        masks[layer] = torch.where(active[:, None], after, mask).view(before[layer].shape)
    replicas.set_masks(masks)
    forget_pruned_weights(module.optimizer, replicas)


def batch_gradients(module: EnsembleModule) -> dict[str, Tensor]:
    """Parameter name -> [R, ...] float64: gradients of the loss on one batch in all prunable
    weights, pruned ones among them."""
    keys, count = derive(module.stream("regrow"), module.round), module.config.training.batch_size
    return stacked_gradients(module, lambda r: examples_of(module, r, keys, count))
