"""Evaluation of all networks of a module, without a change of their weights.

In: a module, examples, dropout rates. Out: observables [R]. Knows no tables.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.ensemble.images import Images
from pruning_phases.ensemble.workers import each
from pruning_phases.observables.outputs import OutputSums, fitted, output_sums
from pruning_phases.streams import derive
from pruning_phases.training.loop import EnsembleModule

# It decides which dropout mask is applied to which example, so it is fixed. A multiple of a tile.
EXAMPLES_PER_CALL = 1024

Values = NDArray[np.float64]


class MaskDraw(NamedTuple):
    """Dropout of one evaluation: rates [R], None: no dropout, and the number of the masks."""

    rates: Tensor | None = None
    number: int = 0


NO_DROPOUT = MaskDraw()


@contextmanager
def evaluation_mode(module: EnsembleModule, rates: Tensor | None = None) -> Iterator[None]:
    """Switch the networks to evaluation, with dropout at ``rates`` [R] or without dropout."""
    zero = torch.zeros_like(module.train_rates)
    module.replicas.eval()
    module.replicas.set_dropout_rates(module.train_rates, zero if rates is None else rates)
    yield
    module.replicas.train()


def evaluate(
    module: EnsembleModule, images: Images, y: Tensor, draw: MaskDraw = NO_DROPOUT,
    own: Sequence[str] = (), active: Sequence[bool] | None = None,
) -> dict[str, Values]:  # fmt: skip
    """The result of ``evaluate_draws`` for one draw."""
    return evaluate_draws(module, images, y, [draw], own, active)[0]


@torch.no_grad()
def evaluate_draws(
    module: EnsembleModule,
    images: Images,
    y: Tensor,
    draws: Sequence[MaskDraw],
    own: Sequence[str] = (),
    active: Sequence[bool] | None = None,
    on_network: Callable[[], None] = lambda: None,
) -> list[dict[str, Values]]:
    """Observables [R] of all replicas' outputs for images with labels y, for each dropout.

    What lies below the first dropout is computed once for all of them. own: import paths of a
    user's observables. active: the replicas that are evaluated, one or more; None: all. A part
    without any of them has NaN. on_network: called after each part, by several threads.
    """
    replicas, form = module.replicas, module.sparse
    zero, stream = torch.zeros_like(module.train_rates), module.stream("dropout_eval")
    rates = torch.stack([zero if draw.rates is None else draw.rates for draw in draws])
    drops_out, numbers = bool(rates.any()), torch.arange(-(-len(y) // EXAMPLES_PER_CALL))
    keys = [derive(derive(stream, draw.number), numbers[:, None]) for draw in draws]

    def measured(networks: slice) -> list[dict[str, Values]]:
        compressed = None if form is None else form.network(networks.start)
        at_once = len(y) if compressed and not drops_out else EXAMPLES_PER_CALL
        below, above = replicas.split_at_dropout(networks)
        total: list[OutputSums | None] = [None] * len(draws)
        for number, part in enumerate(_parts(len(y), at_once)):
            x = torch.empty(0) if compressed else below(images.numbers[part])
            for index in range(len(draws)):
                if drops_out:
                    replicas.set_dropout_draw(keys[index][number], networks, rates[index])
                logits = compressed(images, part)[None] if compressed else above(x)
                sums, before = output_sums(logits, y[part], own), total[index]
                total[index] = sums if before is None else before + sums
        on_network()
        return [sums.observables() for sums in total if sums is not None]

    parts = [part for part in replicas.parts() if active is None or any(active[part])]
    with evaluation_mode(module, rates.amax(dim=0)):
        found = each(measured, parts)
    return [
        _joined(parts, list(tables), replicas.num_replicas) for tables in zip(*found, strict=True)
    ]


def _joined(
    parts: list[slice], found: Sequence[dict[str, Values]], count: int
) -> dict[str, Values]:
    """Observables [count] of all replicas from those of the parts, NaN elsewhere."""
    table = {name: np.full(count, np.nan) for name in found[0]}
    for part, one in zip(parts, found, strict=True):
        for name, values in one.items():
            table[name][part] = values
    return table


@torch.no_grad()
def train_set_observables(module: EnsembleModule) -> dict[str, Values]:
    """Measure each network on its own training examples, without dropout: [R]."""
    replicas, form, data = module.replicas, module.sparse, module.data

    def summed(networks: slice) -> Values:
        compressed = None if form is None else form.network(networks.start)
        sizes, sums = data.sizes[networks, None], torch.zeros(())
        for part in _parts(data.subset.shape[1], EXAMPLES_PER_CALL):
            indices = data.subset[networks, part]
            x = data.train_images(indices)
            logits = (
                compressed(Images(x[0]), slice(None))[None]
                if compressed
                else replicas.forward_own(x, networks)
            )
            correct, noise = fitted(logits, data.train_y[indices], data.clean_y[indices])
            number = part.start + torch.arange(indices.shape[1], device=sizes.device)
            own = number < sizes  # the rest belongs to larger training sets
            sums = sums + torch.stack([(values * own).sum(dim=1) for values in (correct, noise)])
        return sums.cpu().numpy()

    with evaluation_mode(module):
        found = each(summed, replicas.parts())
    accuracy, correlation = np.concatenate(found, axis=1) / data.sizes.cpu().numpy()
    if torch.equal(data.train_y, data.clean_y):  # undefined without label noise
        correlation = np.full_like(correlation, np.nan)
    return {"train_accuracy": accuracy, "noise_correlation": correlation}


def _parts(num_examples: int, at_once: int) -> Iterator[slice]:
    for begin in range(0, num_examples, at_once):
        yield slice(begin, min(begin + at_once, num_examples))
