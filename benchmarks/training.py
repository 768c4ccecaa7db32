"""An epoch of FC on MNIST and pruning to 10%, against a minimal loop and a usual Lightning loop."""

import time
from collections.abc import Iterator
from functools import cache, partial

import lightning
import torch
from lightning.pytorch.callbacks import ModelPruning
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

from benchmarks.pairs import Comparison, compare, in_turn
from benchmarks.setup import compose_config, data_dir, new_module
from pruning_phases.config.run import Config
from pruning_phases.training.callbacks.early_stopping import EarlyStopping
from pruning_phases.training.callbacks.prune import Prune
from pruning_phases.training.rounds import ReplicaDataModule

BATCH, EXAMPLES, DENSITY, ROUNDS = 128, 54_000, 0.1, 5
REPLICAS = 8
TRAINER = {
    "accelerator": "cpu", "logger": False, "enable_checkpointing": False,
    "enable_progress_bar": False, "enable_model_summary": False,
}  # fmt: skip


def run() -> Iterator[Comparison]:
    images, labels = _mnist_in_memory()
    ways = {
        "this package, 1 replica": partial(_package, _config(1)),
        f"this package, {REPLICAS} replicas": partial(_package, _config(REPLICAS)),
        "minimal loop, Adam": partial(_minimal_loop, images, labels, fused=False),
        "minimal loop, fused Adam": partial(_minimal_loop, images, labels, fused=True),
        "DataLoader + transforms + ModelPruning": partial(_usual_loop, _mnist_on_disk()),
    }
    seconds = in_turn(ways, ROUNDS)
    ours, ensemble, *peers = ways
    for peer in peers:
        yield compare("FC on MNIST, one epoch, pruning", ours, peer, seconds)
        yield compare("the same, per replica", ensemble, peer, seconds, REPLICAS)


def _config(num_replicas: int) -> Config:
    return compose_config(
        "dataset=mnist", f"num_replicas={num_replicas}", "dataset.train_size=null", "trainer=cpu",
        f"training.batch_size={BATCH}", "training.budget.rule=epochs", "training.budget.amount=1",
        "pruner.schedule=list", f"pruner.densities=[{DENSITY}]", "pruner.finetune.amount=0",
    )  # fmt: skip


def _package(config: Config) -> float:
    """Seconds of the training of ``pruning_phases.train``, without measuring and recording."""
    module = new_module(config)
    trainer = lightning.Trainer(callbacks=[Prune(), EarlyStopping()], max_epochs=-1, **TRAINER)
    began = time.perf_counter()
    trainer.fit(module, datamodule=ReplicaDataModule(module.source))
    return time.perf_counter() - began


@cache
def _minimal_network() -> tuple[nn.Module, torch.optim.Optimizer, torch.Tensor, torch.Tensor]:
    net = _network()
    return net, torch.optim.Adam(net.parameters(), lr=1e-3, fused=True), *_mnist_in_memory()


def minimal_updates(count: int) -> float:
    """Seconds of updates of one network in a loop written by hand."""
    network = _minimal_network()
    chosen = torch.randperm(EXAMPLES)[: count * BATCH]
    began = time.perf_counter()
    _train(*network, chosen)
    return time.perf_counter() - began


def _minimal_loop(images: torch.Tensor, labels: torch.Tensor, fused: bool) -> None:
    """Train one network as fast as plain PyTorch allows, with a loop written by hand."""
    net = _network()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=fused)
    _train(net, optimizer, images, labels, torch.randperm(EXAMPLES))
    weights = [layer.weight for layer in net if isinstance(layer, nn.Linear)]
    scores = torch.cat([weight.detach().abs().flatten() for weight in weights])
    threshold = scores.kthvalue(len(scores) - round(DENSITY * len(scores))).values
    with torch.no_grad():
        for weight in weights:
            weight.mul_(weight.abs() > threshold)


def _train(
    net: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, labels: torch.Tensor,
    chosen: torch.Tensor,
) -> None:  # fmt: skip
    for batch in chosen.split(BATCH):
        optimizer.zero_grad()
        F.cross_entropy(net(images[batch]), labels[batch]).backward()
        optimizer.step()


class _UsualModule(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.net = _network()

    def training_step(
        self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int
    ) -> torch.Tensor:
        x, y = batch
        return F.cross_entropy(self.net(x), y)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-3)


def _usual_loop(examples: Subset) -> None:
    """Train with a DataLoader, torchvision's transforms, and Lightning's own loop and pruning."""
    module = _UsualModule()
    weights = [(layer, "weight") for layer in module.net if isinstance(layer, nn.Linear)]
    pruning = ModelPruning(
        "l1_unstructured", weights, amount=1 - DENSITY, use_lottery_ticket_hypothesis=False,
        make_pruning_permanent=False,
    )  # fmt: skip
    trainer = lightning.Trainer(max_epochs=1, callbacks=[pruning], **TRAINER)
    trainer.fit(module, DataLoader(examples, batch_size=BATCH, shuffle=True))


def _network() -> nn.Sequential:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 200), nn.ReLU(),
        nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip


def _mnist_on_disk() -> Subset:
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    return Subset(datasets.MNIST(data_dir(), transform=transform), range(EXAMPLES))


def _mnist_in_memory() -> tuple[torch.Tensor, torch.Tensor]:
    mnist = datasets.MNIST(data_dir())
    images = mnist.data[:EXAMPLES].float()
    return ((images - images.mean()) / images.std()).unsqueeze(1), mnist.targets[:EXAMPLES]
