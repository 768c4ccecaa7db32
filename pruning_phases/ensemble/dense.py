"""Updates of an ensemble with all weights, pruned ones as zeros.

In: replicas, an optimizer, data. Out: trained replicas, losses. On the CPU each replica makes all
updates of a block before the next one begins, so that its weights stay in the processor's cache.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from pruning_phases.ensemble.device_data import DeviceData
from pruning_phases.ensemble.optimizers import count_updates, update
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.ensemble.workers import each
from pruning_phases.streams import derive


def train(
    replicas: Replicas, block: Tensor, data: DeviceData, optimizer: Optimizer,
    active: Sequence[bool], keys: Tensor, draw: int,
) -> Tensor:  # fmt: skip
    """Update the active replicas once for each row of ``block`` [U, R, B]; losses [U, R].

    keys: [R, 2], the streams of dropout; draw: number of the first update's mask. The losses of
    replicas that are not active are NaN, or those of untouched networks.
    """
    losses = torch.full(block.shape[:2], torch.nan, device=block.device)
    drops_out = replicas.drops_out
    numbers = torch.arange(draw, draw + len(block), device=block.device)
    masks = derive(keys, numbers[:, None]) if drops_out else keys

    def one(part: slice) -> None:
        if not any(active[part]):
            return
        for number, indices in enumerate(block[:, part]):
            if drops_out:
                replicas.set_dropout_draw(masks[number], part)
            x, y = data.train_images(indices), data.train_y[indices]
            losses[number, part] = replicas.backward(x, y, active, part)
            replicas.mask_gradients(part)
            update(optimizer, replicas, part, number)

    each(one, replicas.parts())
    if not replicas.vectorized:
        count_updates(optimizer, len(block))
    return losses
