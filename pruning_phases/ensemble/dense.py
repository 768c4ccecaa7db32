"""Updates of an ensemble with all weights, pruned ones as zeros.

In: replicas, an optimizer, data. Out: trained replicas, losses. On the CPU each replica makes all
updates of a block before the next one begins, so that its weights stay in the processor's cache.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import Optimizer

from pruning_phases.ensemble.device_data import DeviceData
from pruning_phases.ensemble.linear import LinearNetwork, linear_chain
from pruning_phases.ensemble.optimizers import count_updates, updates_of
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.ensemble.workers import each
from pruning_phases.streams import derive


def train(
    replicas: Replicas, block: Tensor, data: DeviceData, optimizer: Optimizer,
    rates: NDArray[np.float64], active: Sequence[bool], keys: Tensor, draw: int,
) -> Tensor:  # fmt: skip
    """Update the active replicas once for each row of ``block`` [U, R, B]; losses [U, R].

    rates: [U], learning rates; keys: [R, 2], the streams of dropout; draw: number of the first
    update's mask. The losses of replicas that are not active are NaN, or those of untouched
    networks.
    """
    losses = torch.full(block.shape[:2], torch.nan, device=block.device)
    numbers = torch.arange(draw, draw + len(block), device=block.device)
    masks = derive(keys, numbers[:, None])

    def one(part: slice) -> None:
        if not any(active[part]):
            return
        backward = _gradients_of(replicas, active, part)
        update = updates_of(optimizer, replicas, part)
        for number, indices in enumerate(block[:, part]):
            x, y = data.train_images(indices), data.train_y[indices]
            losses[number, part] = backward(x, y, masks[number])
            replicas.mask_gradients(part)
            update(float(rates[number]))

    each(one, replicas.parts())
    if not replicas.vectorized:
        count_updates(optimizer, len(block))
    return losses


def _gradients_of(
    replicas: Replicas, active: Sequence[bool], part: slice
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A function of images [r, B, ...], labels and keys of dropout [R, 2] of one update: sets the
    gradients of a part, returns its losses [r]."""
    chain = linear_chain(replicas)
    if chain is not None:
        network = LinearNetwork(replicas, chain, part.start)
        return lambda x, y, mask: network.backward(x[0], y[0], mask[part.start])
    drops_out = replicas.drops_out

    def backward(x: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        if drops_out:
            replicas.set_dropout_draw(mask, part)
        return replicas.backward(x, y, active, part)

    return backward
