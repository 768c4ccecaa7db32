"""One network of an ensemble in float64, so that what is read off it does not depend on the others.

In: the module, the number of a network. Out: the network as a function, its examples, its
gradients. Knows no pruner.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from pruning_phases.training.evaluate import evaluation_mode
from pruning_phases.training.loop import EnsembleModule

EXAMPLES_AT_ONCE = 1024


def alone_in_float64(
    module: EnsembleModule, r: int, zero_means: bool = False
) -> tuple[Callable[[dict[str, Tensor], Tensor], Tensor], dict[str, Tensor]]:
    """One network as a function of its parameters and a batch, and its parameters."""
    replicas = module.replicas
    parameters = {name: replicas.stacked(name)[r].detach().double() for name in replicas.names}
    return replicas.alone(r, torch.float64, zero_means=zero_means), parameters


def batch_in_float64(module: EnsembleModule, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Images and labels of some training examples."""
    return module.data.train_images(chosen).double(), module.data.train_y[chosen]


def training_examples(module: EnsembleModule, r: int) -> Tensor:
    """Indices of all training examples of replica r."""
    return module.data.subset[r][: int(module.data.sizes[r])]


def gradients(module: EnsembleModule, r: int, chosen: Tensor) -> dict[str, Tensor]:
    """Parameter name -> gradient of the mean cross-entropy of some training examples, in nats.

    Pruned weights have theirs, too.
    """
    network, parameters = alone_in_float64(module, r)
    total = {name: torch.zeros_like(value) for name, value in parameters.items()}
    for part in chosen.split(EXAMPLES_AT_ONCE):
        x, y = batch_in_float64(module, part)
        with torch.enable_grad():
            found = torch.func.grad(_loss)(parameters, network, x, y)
        for name, gradient in found.items():
            total[name] += gradient * (len(part) / len(chosen))
    return total


def stacked_gradients(module: EnsembleModule, chosen: Callable[[int], Tensor]) -> dict[str, Tensor]:
    """Name of each prunable weight -> [R, ...] float64: gradients of all networks.

    chosen: number of a network -> indices of its training examples.
    """
    replicas = module.replicas
    with evaluation_mode(module):
        found = [gradients(module, r, chosen(r)) for r in range(replicas.num_replicas)]
    return {name: torch.stack([one[name] for one in found]) for name in replicas.layer_of}


def _loss(parameters: dict[str, Tensor], network: Callable, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(network(parameters, x), y)
