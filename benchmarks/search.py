"""Training of the supports of a small network: one ensemble, one after another, plain PyTorch."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.ensemble import train
from benchmarks.pairs import Comparison, compare, in_turn
from benchmarks.setup import compose_config
from pruning_phases.data.dataset import Dataset
from pruning_phases.data.registry import load
from pruning_phases.ensemble.members import members
from pruning_phases.topology.enumeration import network_supports
from pruning_phases.training.own_masks import own_masks
from pruning_phases.training.run import architecture_of

SIZES = (2, 3, 3, 3, 1)
NETWORKS, ALONE, UPDATES, ROUNDS, BATCH, EXAMPLES = 2600, 4, 100, 5, 128, 10_000
WORDS = [
    "dataset=cubist_spiral", f"dataset.train_size={EXAMPLES}", "topology=supports", "pruner=none",
    "model.depth=4", "model.widths=[3,3,3]", "model.outputs=1", "optimizer=sgd", "optimizer.lr=0.1",
    "optimizer.weight_decay=5e-4", "optimizer.schedule=cosine", f"training.batch_size={BATCH}",
    "training.budget.rule=updates", f"training.budget.amount={UPDATES}", "trainer=cpu",
    f"num_replicas={NETWORKS}",
]  # fmt: skip


def run() -> Iterator[Comparison]:
    config = compose_config(*WORDS)
    data, everyone = load(config), members(config)
    masks = own_masks(config, architecture_of(config, data))
    alone = [[member] for member in everyone[:ALONE]]
    ours = f"{NETWORKS} supports as one ensemble"
    ways: dict[str, Callable[[], float]] = {
        ours: partial(train, config, [everyone], masks),
        "one after another": lambda: train(config, alone, masks) / ALONE,
        "plain PyTorch, one after another": partial(_plain, data),
    }
    seconds = in_turn(ways, ROUNDS)
    work = f"{'-'.join(map(str, SIZES))} on the Cubist Spiral, {UPDATES} updates, per network"
    for peer in list(ways)[1:]:
        yield compare(work, ours, peer, seconds, NETWORKS)


def _plain(data: Dataset) -> float:
    """Seconds of a loop written by hand for one network: the mean of several."""
    images = torch.tensor(data.train_images).flatten(1)
    labels = torch.tensor(data.train_labels).float()
    supports = network_supports(SIZES, range(ALONE))
    began = time.perf_counter()
    for number in range(ALONE):
        layers = [nn.Linear(a, b) for a, b in zip(SIZES[:-1], SIZES[1:], strict=True)]
        net = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1])
        masks = [torch.tensor(mask[number]).float() for mask in supports]
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
        rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, UPDATES)
        chosen = torch.randperm(len(images))[: UPDATES * BATCH].view(UPDATES, BATCH)
        for batch in chosen:
            optimizer.zero_grad()
            logits = net(images[batch]).squeeze(1)
            F.binary_cross_entropy_with_logits(logits, labels[batch]).backward()
            optimizer.step()
            rates.step()
            with torch.no_grad():
                for layer, mask in zip(layers, masks, strict=True):
                    layer.weight.mul_(mask)
    return (time.perf_counter() - began) / ALONE
