"""Exact cut against ``torch.nn.utils.prune.global_unstructured``, on FC's 316,200 weights."""

import time
from collections.abc import Iterator
from functools import partial

import torch
from torch import nn
from torch.nn.utils import prune as torch_prune

from benchmarks.pairs import Comparison, compare, in_turn
from benchmarks.setup import compose_config, new_module
from pruning_phases.training.callbacks.prune import prune
from pruning_phases.training.loop import EnsembleModule

ROUNDS, REPLICAS = 9, 8
DENSITIES = (0.5, 0.1, 0.01)


def run() -> Iterator[Comparison]:
    for density in DENSITIES:
        one, many = (_module(density, count) for count in (1, REPLICAS))
        ways = {
            "exact cut, 1 replica": partial(_ours, one),
            f"exact cut, {REPLICAS} replicas": partial(_ours, many),
            "global_unstructured": partial(_theirs, density),
        }
        seconds = in_turn(ways, ROUNDS)
        ours, ensemble, peer = ways
        yield compare(f"FC, pruned from dense to {density:.0%}", ours, peer, seconds)
        yield compare("the same, per replica", ensemble, peer, seconds, REPLICAS)


def _module(density: float, num_replicas: int) -> EnsembleModule:
    """FC for images of 28 x 28, at the beginning of its first pruning step."""
    config = compose_config(
        "dataset=mnist", f"num_replicas={num_replicas}", "trainer=cpu",
        "pruner.schedule=list", f"pruner.densities=[{density}]",
    )  # fmt: skip
    module = new_module(config)
    module.step = 1
    return module


def _ours(module: EnsembleModule) -> float:
    """Seconds from the scores to zeroed weights and a checked count; there is no momentum yet."""
    replicas = module.replicas
    with torch.no_grad():
        for name in replicas.layer_of:
            replicas.stacked(name).normal_()
    replicas.set_masks(
        {layer: torch.ones_like(mask) for layer, mask in replicas.layer_masks().items()}
    )
    began = time.perf_counter()
    prune(module)
    return time.perf_counter() - began


def _theirs(density: float) -> float:
    sizes = (784, 300, 200, 100, 10)
    layers = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False)]
    began = time.perf_counter()
    torch_prune.global_unstructured(
        [(layer, "weight") for layer in layers], torch_prune.L1Unstructured, amount=1 - density
    )
    return time.perf_counter() - began
