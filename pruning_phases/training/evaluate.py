"""Evaluation of all networks of a module, without a change of their weights.

In: a module, examples, dropout rates. Out: sums over outputs, observables [R]. Knows no tables.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pruning_phases.observables.outputs import OutputSums, fitted, output_sums
from pruning_phases.streams import derive
from pruning_phases.training.loop import EnsembleModule

# It decides which dropout mask is applied to which example, so it is fixed.
EXAMPLES_PER_CALL = 1000


@contextmanager
def evaluation_mode(module: EnsembleModule, rates: Tensor | None = None) -> Iterator[None]:
    """Switch the networks to evaluation, with dropout at ``rates`` [R] or without dropout."""
    zero = torch.zeros_like(module.train_rates)
    module.replicas.eval()
    module.replicas.set_dropout_rates(module.train_rates, zero if rates is None else rates)
    yield
    module.replicas.train()


@torch.no_grad()
def evaluate(
    module: EnsembleModule,
    x: Tensor,
    y: Tensor,
    rates: Tensor | None = None,
    draw: int = 0,
    own: Sequence[str] = (),
) -> OutputSums:
    """Sum all replicas' outputs over (x, y), with dropout at ``rates`` [R] if given.

    own: import paths of a user's observables.
    """
    keys = derive(module.stream("dropout_eval"), draw)
    total: OutputSums | None = None
    logits = module.replicas if module.sparse is None else module.sparse.logits
    with evaluation_mode(module, rates):
        for number, begin in enumerate(range(0, len(y), EXAMPLES_PER_CALL)):
            if rates is not None:
                module.replicas.set_dropout_draw(keys, number)
            end = begin + EXAMPLES_PER_CALL
            sums = output_sums(logits(x[begin:end]), y[begin:end], own)
            total = sums if total is None else total + sums
    assert total is not None
    return total


@torch.no_grad()
def train_set_observables(module: EnsembleModule) -> dict[str, NDArray[np.float64]]:
    """Measure each network on its own training examples, without dropout: [R]."""
    data, sizes = module.data, module.data.sizes.double()
    sums = torch.zeros(2, len(sizes), dtype=torch.float64, device=sizes.device)
    with evaluation_mode(module):
        for begin in range(0, data.subset.shape[1], EXAMPLES_PER_CALL):
            indices = data.subset[:, begin : begin + EXAMPLES_PER_CALL]
            x = data.train_images(indices)
            form = module.sparse
            logits = module.replicas.forward_own(x) if form is None else form.logits(x, own=True)
            correct, noise = fitted(logits, data.train_y[indices], data.clean_y[indices])
            number = begin + torch.arange(indices.shape[1], device=sizes.device)
            own = number < data.sizes[:, None]  # the rest belongs to larger training sets
            sums += torch.stack([(values * own).sum(dim=1) for values in (correct, noise)])
    accuracy, correlation = (sums / sizes).cpu().numpy()
    if torch.equal(data.train_y, data.clean_y):  # undefined without label noise
        correlation = np.full_like(correlation, np.nan)
    return {"train_accuracy": accuracy, "noise_correlation": correlation}
