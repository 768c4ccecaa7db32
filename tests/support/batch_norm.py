"""Small networks with batch normalization, and with buffers of other kinds."""

import torch
from torch import Tensor, nn

from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.models.dropout import PhaseDropout

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
NORMALIZED = [f"{layer}.{name}" for layer in ("bn1", "bn2", "bn3") for name in STATISTICS]
CNN = ["model=cnn", "model.channels=[3,4]", "model.widths=[6]"]  # replaced by ``normalized``


class Shift(nn.Module):
    """Adds a random constant, which no update changes: a buffer that depends on the stream."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("offset", torch.randn(()))

    def forward(self, x: Tensor) -> Tensor:
        return x + 1e-3 * self.get_buffer("offset")


class Averaged(nn.Module):
    """Subtracts a moving average, and replaces its buffer in place of writing into it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scratch", torch.zeros(()), persistent=False)
        self.register_buffer("average", torch.zeros(()))
        self.register_buffer("key", torch.arange(3))  # named like the buffer of dropout

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.average = 0.9 * self.average + 0.1 * x.detach().mean()
        return x - self.average


def chain(momentum: float | None = 0.1) -> nn.Sequential:
    """Convolutions have no bias, since the next layer subtracts it: Adam would move it by noise."""
    module = nn.Sequential()
    for name, layer in {
        "conv1": nn.Conv2d(1, 3, 3, padding=1, bias=False),
        "bn1": nn.BatchNorm2d(3, momentum=momentum),
        "relu1": nn.ReLU(),
        "conv2": nn.Conv2d(3, 4, 3, padding=1, bias=False),
        "bn2": nn.BatchNorm2d(4, momentum=momentum),
        "relu2": nn.ReLU(),
        "pool": nn.AvgPool2d(4),
        "flatten": nn.Flatten(),
        "fc1": nn.Linear(16, 6, bias=False),
        "bn3": nn.BatchNorm1d(6, momentum=momentum),
        "relu3": nn.ReLU(),
        "dropout": PhaseDropout(1),
        "fc2": nn.Linear(6, 10),
    }.items():
        module.add_module(name, layer)
    return module


def normalized(config: object, input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """In place of ``pruning_phases.models.cnn.build``."""
    module = chain()
    module.add_module("shift", Shift())
    return module


def replicas_of(vectorized: bool, build=chain, count: int = 3) -> Replicas:
    replicas = Replicas(Architecture(build, (1, 8, 8)), range(count))
    replicas.attach(vectorized)
    return replicas.train()


def copies(replicas: Replicas) -> dict[str, Tensor]:
    return {key: tensor.clone() for key, tensor in replicas.trained_tensors().items()}
