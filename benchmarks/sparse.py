"""Updates and evaluations in the sparse form against the loop over modules, over the density."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import torch

from benchmarks.pairs import Comparison, compare, in_turn
from benchmarks.setup import compose_config, new_module
from pruning_phases.ensemble import sparse
from pruning_phases.training.evaluate import evaluate
from pruning_phases.training.loop import UPDATES_PER_CALL, EnsembleModule

DENSITIES = (0.3, 0.2, 0.1, 0.03, 0.01, 0.003, 0.001)
ROUNDS = 5
OPTIONS = ["dataset=mnist", "num_replicas=8", "trainer=cpu", "training.batch_size=128"]


def run() -> Iterator[Comparison]:
    for model, density in product(("fc", "cnn"), DENSITIES):
        module = _pruned(model, density)
        block = module.source.order.updates(0, UPDATES_PER_CALL)
        for work, call in (
            (f"{UPDATES_PER_CALL} updates", lambda m=module, b=block: m.training_step(b, 0)),
            ("evaluation", lambda m=module: evaluate(m, m.data.test, m.data.test_y)),
        ):
            ways = {
                "the sparse form": partial(seconds, module, call, up_to=2.0),
                "the loop over modules": partial(seconds, module, call, up_to=0.0),
            }
            name = f"{model.upper()} on MNIST, 8 replicas, density {density:g}, {work}"
            yield compare(name, *ways, in_turn(ways, ROUNDS))


def _pruned(model: str, density: float) -> EnsembleModule:
    module = new_module(compose_config(f"model={model}", *OPTIONS))
    prune_at_random(module, density)
    return module


def prune_at_random(module: EnsembleModule, density: float) -> None:
    """Set random masks and begin a step."""
    generator = torch.Generator().manual_seed(0)
    masks = {
        layer: torch.rand(mask.shape, generator=generator) < density
        for layer, mask in module.replicas.layer_masks().items()
    }
    module.replicas.set_masks(masks)
    module.replicas.attach(vectorized=False)
    module.begin_step(1)


def seconds(module: EnsembleModule, call: Callable[[], object], up_to: float) -> float:
    """Seconds of a call where the sparse form is taken up to this density, and made already."""
    rule, small = sparse.SPARSE_UP_TO, sparse.SMALL
    sparse.SPARSE_UP_TO, sparse.SMALL = up_to, 0
    try:
        assert (module.sparse is not None) == (up_to > 0)
        began = time.perf_counter()
        call()
        return time.perf_counter() - began
    finally:
        sparse.SPARSE_UP_TO, sparse.SMALL = rule, small
