"""The sparse form of an ensemble: its cost follows the number of surviving weights.

In: replicas with masks, an optimizer, data on the CPU. Out: trained replicas, logits. It keeps no
weights: those of a block of updates are gathered from the stacked tensors, and put back at its end,
so that records, scores and observables see the same tensors in every form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import Optimizer

from pruning_phases.ensemble.chain import Chain
from pruning_phases.ensemble.device_data import DeviceData
from pruning_phases.ensemble.optimizers import begin_state
from pruning_phases.ensemble.replicas import Replicas

# Density below which the sparse form is faster, measured by benchmarks.sparse.
SPARSE_BELOW = 0.35

EXAMPLES_AT_ONCE = 128  # of an evaluation


def sparse_form(replicas: Replicas, earlier: SparseForm | None) -> SparseForm | None:
    """The sparse form of the present masks, or None where another form is as fast.

    earlier: a form of earlier masks, perhaps of the present ones. The rule reads shapes and counts
    and no clock, so that a resumed run computes as an uninterrupted one.
    """
    chain = replicas.architecture.chain
    if chain is None or replicas.device.type != "cpu" or replicas.density >= SPARSE_BELOW:
        return None
    if earlier is not None and earlier.mask_change == replicas.num_mask_changes:
        return earlier
    return SparseForm(replicas, chain, torch.get_num_threads())


class SparseForm:
    """All networks of an ensemble as compressed sparse matrices, by their masks."""

    def __init__(self, replicas: Replicas, chain: Chain, num_workers: int) -> None:
        self.replicas, self.chain = replicas, chain
        self.mask_change = replicas.num_mask_changes
        self.num_workers = num_workers
        self.networks = self._map(self._network, range(replicas.num_replicas))

    def train(
        self, block: Tensor, data: DeviceData, optimizer: Optimizer, active: Sequence[bool],
        keys: Tensor, draw: int,
    ) -> Tensor:  # fmt: skip
        """Update the active networks once for each row of ``block`` [U, R, B]; losses [U, R].

        keys: [R, 2], the streams of dropout; draw: number of the first update's mask. The losses
        of networks that are not active are NaN.
        """
        begin_state(optimizer)
        images, labels = _rows(data.train_x), data.train_y.numpy()
        rows, words = block.numpy(), _words(keys)
        rates = self._rates("train_rate")
        losses = np.full(block.shape[:2], np.nan, np.float32)

        def one(r: int) -> None:
            losses[:, r] = self.networks[r].train(
                images, labels, rows[:, r], optimizer, (*words[r], self.chain.numbers), draw,
                rates[r],
            )  # fmt: skip

        self._map(one, [r for r, is_active in enumerate(active) if is_active])
        for state in optimizer.state.values():
            if "step" in state:
                state["step"] += len(block)
        return torch.from_numpy(losses)

    def logits(self, x: Tensor, own: bool = False) -> Tensor:
        """[R, B, C] of one batch [B, ...], or of one batch for each network, [R, B, ...], with
        dropout as in evaluation."""
        rates = self._rates("eval_rate")
        words = [(np.uint32(0), np.uint32(0))] * len(self.networks)
        if self.chain.dropout:
            words = _words(self.replicas.buffer(f"{self.chain.dropout[0]}.key"))
        shared = None if own else _rows(x)

        def one(r: int) -> NDArray[np.float32]:
            images = _rows(x[r]) if shared is None else shared
            return self.networks[r].logits(images, (*words[r], self.chain.numbers), rates[r])

        return torch.from_numpy(np.stack(self._map(one, range(len(self.networks)))))

    def _rates(self, name: str) -> list[float]:
        """Dropout rate of each network; 0 for networks without dropout."""
        if not self.chain.dropout:
            return [0.0] * self.replicas.num_replicas
        return self.replicas.buffer(f"{self.chain.dropout[0]}.{name}").tolist()

    def _map(self, function: Callable[[int], Any], replicas: Iterable[int]) -> list[Any]:
        """Call a function for each replica, as many at a time as there are workers."""
        numbers = list(replicas)
        if min(self.num_workers, len(numbers)) < 2:
            return [function(r) for r in numbers]
        with ThreadPoolExecutor(self.num_workers) as workers:
            return list(workers.map(function, numbers))

    def _network(self, r: int) -> _Network:
        return _Network(self.replicas, self.chain, r)


class _Network:
    """Surviving weights of one replica: where they are, and what they connect."""

    def __init__(self, replicas: Replicas, chain: Chain, r: int) -> None:
        self.replicas, self.chain, self.r = replicas, chain, r
        masks = [replicas.mask(name)[r].numpy() > 0 for name in chain.weights]
        self.positions = [mask.ravel().nonzero()[0] for mask in masks]
        self.weight_ends = np.cumsum([len(one) for one in self.positions])[:-1]
        self.bias_ends = np.cumsum(chain.widths)[:-1]
        inputs, read = np.unique(masks[0].nonzero()[1], return_inverse=True)
        self.columns = _memory_order(replicas.architecture.input_shape)[inputs]
        # The first unit of each layer, counted from the first one behind the inputs.
        first_of = np.concatenate(([0], np.cumsum(chain.widths)))
        sources = [read] + [
            mask.nonzero()[1] + first + len(inputs)
            for first, mask in zip(first_of, masks[1:], strict=False)
        ]
        begins = np.cumsum(np.concatenate([[0], *(mask.sum(axis=1) for mask in masks)]))
        is_read = np.concatenate([mask.any(axis=0) for mask in masks[1:]] + [self._outputs()])
        self.arrays = (
            begins.astype(np.int64), np.concatenate(sources).astype(np.int32), len(inputs),
            chain.widths[-1], is_read, np.repeat(np.arange(len(chain.widths)), chain.widths),
            first_of[:-1], np.array(chain.widths),
        )  # fmt: skip
        self._values: dict[int, NDArray[np.float32]] = {}

    def train(
        self, images: NDArray, labels: NDArray, rows: NDArray, optimizer: Optimizer,
        dropout: tuple, draw: int, rate: float,
    ) -> NDArray[np.float32]:  # fmt: skip
        """Train for one update for each row of ``rows`` [U, B]; losses [U]."""
        from pruning_phases.ensemble import sparse_kernels as kernels

        rule, options, kinds, first = _rule(optimizer)
        kept = [self._read(kind, optimizer) for kind in ("", *kinds)]
        (weights, biases), *states = kept
        states += [(np.zeros_like(weights), np.zeros_like(biases))] * (2 - len(states))
        (first_weights, first_biases), (second_weights, second_biases) = states
        losses = np.empty(len(rows), np.float32)
        threshold, scale = _dropout(rate)
        values, gradients = self._room(rows.shape[1])
        kernels.train(
            images, labels, np.ascontiguousarray(rows), self.columns, self.arrays, weights, biases,
            (first_weights, second_weights, first_biases, second_biases), rule, options, first,
            dropout, draw, threshold, scale, values, gradients, np.empty_like(weights),
            np.empty_like(biases), losses,
        )  # fmt: skip
        for kind, arrays in zip(("", *kinds), kept, strict=True):
            self._write(kind, optimizer, *arrays)
        return losses

    def logits(self, images: NDArray, dropout: tuple, rate: float) -> NDArray[np.float32]:
        """Outputs [B, C] of a batch."""
        from pruning_phases.ensemble import sparse_kernels as kernels

        weights, biases = self._read("", None)
        result = np.empty((len(images), self.chain.widths[-1]), np.float32)
        kernels.logits(
            images, self.columns, self.arrays, weights, biases, dropout, *_dropout(rate),
            self._room(EXAMPLES_AT_ONCE)[0], result,
        )  # fmt: skip
        return result

    def _outputs(self) -> NDArray[np.bool_]:
        return np.ones(self.chain.widths[-1], bool)

    def _room(self, batch: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Arrays for the values and the gradients of all units."""
        if batch not in self._values:
            shape = 2, len(self.columns) + sum(self.chain.widths), batch
            self._values[batch] = np.zeros(shape, np.float32)
        values, gradients = self._values[batch]
        return values, gradients

    def _read(
        self, kind: str, optimizer: Optimizer | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Copy the surviving weights and the biases, or the optimizer's state of this kind."""
        from pruning_phases.ensemble.sparse_kernels import gather

        weights = np.empty(sum(map(len, self.positions)), np.float32)
        parts = np.split(weights, self.weight_ends)
        for name, positions, part in zip(self.chain.weights, self.positions, parts, strict=True):
            gather(self._dense(name, kind, optimizer), positions, part)
        biases = [self._dense(name, kind, optimizer) for name in self.chain.biases]
        return weights, np.concatenate(biases)

    def _write(
        self, kind: str, optimizer: Optimizer, weights: NDArray[np.float32],
        biases: NDArray[np.float32],
    ) -> None:  # fmt: skip
        """Put back what ``_read`` has copied."""
        from pruning_phases.ensemble.sparse_kernels import scatter

        parts = np.split(weights, self.weight_ends)
        for name, positions, part in zip(self.chain.weights, self.positions, parts, strict=True):
            scatter(self._dense(name, kind, optimizer), positions, part)
        for name, part in zip(self.chain.biases, np.split(biases, self.bias_ends), strict=True):
            self._dense(name, kind, optimizer)[:] = part

    def _dense(self, name: str, kind: str, optimizer: Optimizer | None) -> NDArray[np.float32]:
        """View of the replica's numbers of a parameter, or of its state of this kind."""
        parameter = self.replicas.stacked(name)
        tensor = optimizer.state[parameter][kind] if optimizer and kind else parameter.detach()
        return tensor[self.r].view(-1).numpy()


def _rule(optimizer: Optimizer) -> tuple[int, tuple[float, ...], tuple[str, ...], int]:
    """Rule and options for the kernels, kinds of state, number of the next update."""
    from pruning_phases.ensemble import sparse_kernels as kernels

    options = optimizer.param_groups[0]
    if isinstance(optimizer, torch.optim.Adam):
        numbers = (options["lr"], *options["betas"], options["weight_decay"], options["eps"])
        done = next(iter(optimizer.state.values()))["step"]
        return kernels.ADAM, numbers, ("exp_avg", "exp_avg_sq"), int(done) + 1
    numbers = (options["lr"], options["momentum"], options["weight_decay"], 0.0, 0.0)
    return kernels.SGD, numbers, ("momentum_buffer",) if options["momentum"] else (), 1


def _dropout(rate: float) -> tuple[int, np.float32]:
    """Threshold and scale as ``PhaseDropout`` computes them."""
    return int(rate * 2**31), np.float32(1.0 / (1.0 - rate))


def _memory_order(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Place in memory of each input of an image [channels, ...], whose channels are innermost."""
    numbers = np.arange(prod(shape)).reshape(*shape[1:], shape[0])
    return np.moveaxis(numbers, -1, 0).ravel()


def _rows(images: Tensor) -> NDArray[np.float32]:
    """Images [n, channels, ...] as rows of their numbers in the order of memory, not copied."""
    return images.movedim(1, -1).reshape(len(images), -1).numpy()


def _words(keys: Tensor) -> list[tuple[np.uint32, np.uint32]]:
    """Words of keys [R, 2] without a sign."""
    return [tuple(row) for row in keys.numpy().view(np.uint32)]
