"""Trial of a user's own code on one batch, before anything is written.

In: a configuration with import paths, its data and network. Out: nothing, or a UserError in one
line that names the import path, what was expected and what came. Knows no record.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.dropout import _DropoutNd

from pruning_phases.config.run import Config
from pruning_phases.data.dataset import Dataset
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.import_path import Fault, described, is_import_path, reported
from pruning_phases.models.custom import KEY as BUILD
from pruning_phases.models.custom import CustomModelConfig
from pruning_phases.models.dropout import PhaseDropout
from pruning_phases.observables.outputs import output_sums
from pruning_phases.observables.registry import KEY as OBSERVABLES
from pruning_phases.pruning.registry import KEY as SCORE
from pruning_phases.training.callbacks.prune import network_scores
from pruning_phases.training.evaluate import evaluation_mode
from pruning_phases.training.loop import EnsembleModule

NUM_EXAMPLES = 8


def trial(
    config: Config,
    dataset: Dataset,
    architecture: Architecture,
    one_network: Callable[[], EnsembleModule],
) -> None:
    """Call the network, the observables and the score of a user's own once."""
    if isinstance(config.model, CustomModelConfig):
        with reported(BUILD, config.model.build):
            _try_network(config.model.build, dataset, architecture)
    module = one_network()
    x, y = module.data.test.numbers[:NUM_EXAMPLES], module.data.test_y[:NUM_EXAMPLES]
    with torch.no_grad(), evaluation_mode(module):
        logits = module.replicas(x).repeat(2, 1, 1)  # outputs of two networks
    for path in config.observables:
        with reported(OBSERVABLES, path), torch.no_grad(), np.errstate(all="ignore"):
            output_sums(logits, y, [path]).observables()
    if is_import_path(config.pruner.score):
        with reported(SCORE, config.pruner.score), torch.no_grad():
            network_scores(module)


def _try_network(path: str, dataset: Dataset, architecture: Architecture) -> None:
    """Evaluate one batch, then train on it, then ask for shapes alone."""
    if not architecture.layer_of:
        raise Fault(path, "expected linear or convolution layers to prune, got none")
    _refuse_foreign_dropout(path, architecture.skeleton)
    x = torch.as_tensor(dataset.test_images[:NUM_EXAMPLES]).float()
    y = torch.as_tensor(dataset.test_labels[:NUM_EXAMPLES])
    with torch.random.fork_rng(devices=[]):
        network = architecture.build()
        with torch.no_grad():
            _refuse_logits(path, network.eval()(x), [len(x), dataset.num_classes], x)
        F.cross_entropy(network.train()(x), y).backward()
    architecture.num_activations()


def _refuse_logits(path: str, logits: object, expected: list[int], x: Tensor) -> None:
    if not isinstance(logits, Tensor) or list(logits.shape) != expected:
        got = described(logits)
        raise Fault(path, f"expected logits {expected} of images {list(x.shape)}, got {got}")
    if not logits.is_floating_point():
        raise Fault(path, f"expected logits of a floating type, got {logits.dtype}")


def _refuse_foreign_dropout(path: str, network: nn.Module) -> None:
    """Refuse dropout whose random numbers are not addressed, so that they could not resume."""
    for name, layer in network.named_modules():
        if isinstance(layer, _DropoutNd):
            raise Fault(
                path,
                f"expected dropout as {PhaseDropout.__module__}:PhaseDropout(NUMBER), got "
                f"{type(layer).__name__} in {name}, whose random numbers do not resume",
            )
