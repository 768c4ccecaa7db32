"""The sparse form of an ensemble: its cost follows the number of surviving weights.

In: replicas with masks, an optimizer, data on the CPU. Out: trained replicas, logits. It keeps no
weights: those of a block of updates are gathered from the stacked tensors, and put back at its end,
so that records, scores and observables see the same tensors in every form.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.optim import Optimizer

from pruning_phases.ensemble import sparse_kernels as kernels
from pruning_phases.ensemble.chain import Chain
from pruning_phases.ensemble.device_data import DeviceData
from pruning_phases.ensemble.images import Images
from pruning_phases.ensemble.optimizers import count_updates, moments
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.ensemble.sparse_graph import graph_of, starts
from pruning_phases.ensemble.tile_kernels import TILE
from pruning_phases.ensemble.workers import each

# Up to this density the sparse form is faster, and below this number of weights at every density;
# measured by benchmarks.sparse.
SPARSE_UP_TO = 0.4
SMALL = 50_000

LARGEST_GRAPH = 5_000_000  # edges of a network; each takes 12 bytes


def sparse_form(replicas: Replicas, made: SparseForm | None) -> SparseForm | None:
    """The sparse form of the present masks, or None where another form is as fast.

    made: that form, if there is one already. The rule reads shapes and counts and no clock, so that
    a resumed run computes as an uninterrupted one.
    """
    chain = replicas.architecture.chain
    if chain is None or replicas.device.type != "cpu":
        return None
    if replicas.density > densest(chain):
        return None
    return made or SparseForm(replicas, chain)


def densest(chain: Chain | None) -> float:
    """Highest density at which the sparse form is taken; 0 for a network that is no chain."""
    if chain is None:
        return 0.0
    below = 1.0 if chain.num_weights < SMALL else SPARSE_UP_TO
    return min(below, LARGEST_GRAPH / chain.num_edges)


class SparseForm:
    """All networks of an ensemble as compressed sparse matrices, by their masks."""

    def __init__(self, replicas: Replicas, chain: Chain) -> None:
        self.replicas, self.chain = replicas, chain
        self._mask_change = replicas.num_mask_changes
        self.networks = each(lambda r: _Network(replicas, chain, r), range(replicas.num_replicas))

    @property
    def is_current(self) -> bool:
        """False after a change of the masks."""
        return self._mask_change == self.replicas.num_mask_changes

    def train(
        self, block: Tensor, data: DeviceData, optimizer: Optimizer,
        rates: NDArray[np.float64], active: Sequence[bool], keys: Tensor, draw: int,
    ) -> Tensor:  # fmt: skip
        """Update the active networks once for each row of ``block`` [U, R, B]; losses [U, R].

        rates: [U], learning rates; keys: [R, 2], the streams of dropout; draw: number of the first
        update's mask. The losses of networks that are not active are NaN.
        """
        changed = [self._stacked(kind, optimizer) for kind in ("", *moments(optimizer))]
        update = _Update(*_rule(optimizer), rates, changed)
        rows, words = block.numpy(), _words(keys)
        losses = np.full(block.shape[:2], np.nan, np.float32)

        def one(r: int) -> None:
            own = np.ascontiguousarray(rows[:, r])
            dropout = self._dropout(r, words[r], "train_rate")
            losses[:, r] = self.networks[r].train(data, own, update, dropout, draw)

        each(one, [r for r, is_active in enumerate(active) if is_active])
        count_updates(optimizer, len(block))
        return torch.from_numpy(losses)

    def network(self, r: int) -> Callable[[Images, slice], Tensor]:
        """Network r as it is now in evaluation: a function of images and of a part of them that
        returns outputs [B, C]."""
        copied = self.networks[r].read(self._stacked("", None))

        def outputs(images: Images, part: slice) -> Tensor:
            words = (np.uint32(0), np.uint32(0))
            if self.chain.dropout:
                words = _words(self.replicas.buffer(f"{self.chain.dropout[0]}.key")[r : r + 1])[0]
            dropout = self._dropout(r, words, "eval_rate")
            found = torch.from_numpy(self.networks[r].logits(images, part, copied, dropout))
            return F.pad(found, (1, 0)) if self.chain.against_zero else found

        return outputs

    def _dropout(self, r: int, words: tuple[np.uint32, np.uint32], rate: str) -> _Dropout:
        """Dropout of network r, with its rate at training or at evaluation."""
        dropped = 0.0
        if self.chain.dropout:
            dropped = float(self.replicas.buffer(f"{self.chain.dropout[0]}.{rate}")[r])
        return _Dropout(
            (*words, self.chain.numbers), int(dropped * 2**31), np.float32(1 / (1 - dropped))
        )

    def _stacked(self, kind: str, optimizer: Optimizer | None) -> _Stacked:
        """Views [R, numbers] of all weights and biases, or of the optimizer's state of a kind."""

        def view(name: str) -> NDArray[np.float32]:
            parameter = self.replicas.stacked(name)
            tensor = optimizer.state[parameter][kind] if optimizer and kind else parameter.detach()
            return _in_memory_order(tensor)

        return [view(name) for name in self.chain.weights], [view(n) for n in self.chain.biases]


_Stacked = tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]
_Copied = tuple[NDArray[np.float32], NDArray[np.float32]]  # numbers of weights, of biases


class _Update(NamedTuple):
    """The optimizer's rule, its options, the number and the learning rates of its next updates;
    what it changes."""

    rule: int
    options: tuple[float, ...]
    first: int
    rates: NDArray[np.float64]
    stacked: list[_Stacked]  # parameters, then the optimizer's states


class _Dropout(NamedTuple):
    """Words of the key and numbers of the layers; threshold and scale as in ``PhaseDropout``."""

    key: tuple
    threshold: int
    scale: np.float32


class _Network:
    """Surviving weights of one replica: where they are, and what they connect."""

    def __init__(self, replicas: Replicas, chain: Chain, r: int) -> None:
        self.r = r
        masks = [_in_memory_order(replicas.mask(name))[r] for name in chain.weights]
        self.places = [mask.nonzero()[0] for mask in masks]
        self.weight_parts = _parts([len(one) for one in self.places])
        self.bias_parts = _parts([layer.channels for layer in chain.layers])
        self.graph, self.inputs = graph_of(chain, self.places)
        self.columns = _memory_order(replicas.architecture.input_shape)[self.inputs]

    def train(
        self, data: DeviceData, rows: NDArray[np.int64], update: _Update, dropout: _Dropout,
        draw: int,
    ) -> NDArray[np.float32]:  # fmt: skip
        """Train for one update for each row of ``rows`` [U, B]; losses [U]."""
        copies = [self.read(stacked) for stacked in update.stacked]
        (weights, biases), *states = copies
        states += [(np.zeros_like(weights), np.zeros_like(biases))] * (2 - len(states))
        (first_weights, first_biases), (second_weights, second_biases) = states
        losses, units = np.empty(len(rows), np.float32), len(self.graph.needed)
        images = data.train
        kernels.train(
            images.rows, images.mean, images.scale, data.train_y.numpy(), rows, self.inputs,
            self.columns, self.graph, weights, biases,
            (first_weights, second_weights, first_biases, second_biases), update.rule,
            update.options, update.first, update.rates, dropout.key, draw, dropout.threshold,
            dropout.scale,
            *_room(self.graph.num_inputs, units, units), losses,
        )  # fmt: skip
        for stacked, copied in zip(update.stacked, copies, strict=True):
            self._write(stacked, *copied)
        return losses

    def logits(
        self, images: Images, part: slice, copied: _Copied, dropout: _Dropout
    ) -> NDArray[np.float32]:
        """Outputs [B, C] of a part of the images."""
        begin, end, _ = part.indices(len(images))
        first, rest = divmod(begin, TILE)
        tiles = images.part(part).tiles if rest else images.tiles[first : -(-end // TILE)]
        result = np.empty((end - begin, self.graph.num_outputs), np.float32)
        kernels.logits(
            tiles, images.mean, images.scale, self.inputs, self.graph, *copied, dropout.key,
            dropout.threshold, dropout.scale,
            *_room(self.graph.num_inputs, len(self.graph.needed)), result,
        )  # fmt: skip
        return result

    def read(self, stacked: _Stacked) -> _Copied:
        """Copy the numbers of the surviving weights, and those of the biases."""
        weights = np.empty(self.weight_parts[-1].stop, np.float32)
        for array, places, part in zip(stacked[0], self.places, self.weight_parts, strict=True):
            kernels.gather(array[self.r], places, weights[part])
        return weights, np.concatenate([array[self.r] for array in stacked[1]])

    def _write(
        self, stacked: _Stacked, weights: NDArray[np.float32], biases: NDArray[np.float32]
    ) -> None:
        """Put back what ``read`` has copied."""
        for array, places, part in zip(stacked[0], self.places, self.weight_parts, strict=True):
            kernels.scatter(array[self.r], places, weights[part])
        for array, part in zip(stacked[1], self.bias_parts, strict=True):
            array[self.r] = biases[part]


def _parts(lengths: list[int]) -> list[slice]:
    """Slices of arrays one behind the other."""
    return [slice(begin, end) for begin, end in pairwise(starts(lengths))]


def _room(*lengths: int) -> list[NDArray[np.float32]]:
    """Arrays [length, TILE] of this thread, not set to 0."""
    if len(getattr(_threads, "room", ())) < sum(lengths):
        _threads.room = np.empty((sum(lengths), TILE), np.float32)
    return [_threads.room[part] for part in _parts(list(lengths))]


_threads = threading.local()


def _in_memory_order(tensor: Tensor) -> NDArray:
    """Numbers [R, n] of a stacked tensor, not copied: the in-channels of a kernel are innermost."""
    in_order = tensor.permute(0, 1, 3, 4, 2) if tensor.dim() == 5 else tensor
    return in_order.view(len(tensor), -1).numpy()


def _rule(optimizer: Optimizer) -> tuple[int, tuple[float, ...], int]:
    """Rule and options for the kernels, number of the next update."""
    options = optimizer.param_groups[0]
    if isinstance(optimizer, torch.optim.Adam):
        numbers = (*options["betas"], options["weight_decay"], options["eps"])
        done = next(iter(optimizer.state.values()))["step"]
        return kernels.ADAM, numbers, int(done) + 1
    numbers = (options["momentum"], options["weight_decay"], 0.0, 0.0)
    return kernels.SGD, numbers, 1


def _memory_order(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Place in memory of each input of an image [channels, ...], whose channels are innermost."""
    numbers = np.arange(prod(shape)).reshape(*shape[1:], shape[0])
    return np.moveaxis(numbers, -1, 0).ravel()


def _words(keys: Tensor) -> list[tuple[np.uint32, np.uint32]]:
    """Words of keys [R, 2] without a sign."""
    return [tuple(row) for row in keys.numpy().view(np.uint32)]
