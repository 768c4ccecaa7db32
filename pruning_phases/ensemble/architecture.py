"""The network that all members of an ensemble are copies of.

In: a function that builds the module, and the shape of an example. Out: names, shapes, and refusal
of a batch size. Knows no weights: it is built once a run, on PyTorch's meta device, which holds
shapes alone.
"""

from collections.abc import Callable
from functools import cached_property
from math import prod

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from pruning_phases.ensemble.chain import chain_of
from pruning_phases.errors import UserError, first_line
from pruning_phases.models.dropout import PhaseDropout
from pruning_phases.topology.graph import NetworkGraph
from pruning_phases.topology.torch_functions import Untraceable
from pruning_phases.topology.trace import trace

PRUNABLE = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Architecture:
    """Names and shapes of a network's parameters, and ``build`` for a copy with weights.

    The weights of linear and convolution layers can be pruned. Their order is that in which the
    module defines them.

    ``state_shapes`` are those of the *state*: the persistent buffers, which updates may change,
    such as running statistics of batch normalization. Rates and keys of dropout are no state.
    """

    def __init__(self, build: Callable[[], nn.Module], input_shape: tuple[int, ...]) -> None:
        self.build = build
        self.input_shape = input_shape
        with torch.device("meta"):
            self.skeleton = build()
        self.shapes = {name: tuple(p.shape) for name, p in self.skeleton.named_parameters()}
        # Parameter name -> layer name.
        self.layer_of = {
            f"{layer}.weight".lstrip("."): layer
            for layer, module in self.skeleton.named_modules()
            if isinstance(module, PRUNABLE)
        }
        self.chain = chain_of(self.skeleton, input_shape)
        self.dropout_layers = self._names(PhaseDropout)
        self.num_below_dropout = _num_below_dropout(self.skeleton)
        persistent = self.skeleton.state_dict()
        self.state_shapes = {
            name: tuple(buffer.shape)
            for name, buffer in self.skeleton.named_buffers()
            if name in persistent and name.rpartition(".")[0] not in self.dropout_layers
        }
        # Without a momentum, batch normalization reads a count as a number, which vmap does not.
        self.can_be_vectorized = all(
            self.skeleton.get_submodule(layer).momentum is not None
            for layer in self._names(_NormBase)
        )

    def initialized(self, key: int) -> nn.Module:
        """A copy whose initial weights depend on the key alone, sampled on the CPU."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(key)
            return self.build()

    def _names(self, kind: type[nn.Module]) -> list[str]:
        return [name for name, module in self.skeleton.named_modules() if isinstance(module, kind)]

    @property
    def layers(self) -> dict[str, tuple[int, ...]]:
        """Layer name -> shape of its weights."""
        return {layer: self.shapes[name] for name, layer in self.layer_of.items()}

    @property
    def groups(self) -> dict[str, int]:
        """Layer name -> number of groups of a grouped convolution; 1 for all other layers."""
        return {
            layer: getattr(self.skeleton.get_submodule(layer), "groups", 1)
            for layer in self.layer_of.values()
        }

    @property
    def graph(self) -> NetworkGraph | None:
        """Nodes and layers as the forward pass connects them; None if they cannot be traced."""
        return self._traced[0]

    @property
    def graph_status(self) -> str:
        """``traced``, or the reason why there is no graph."""
        return self._traced[1]

    @cached_property
    def _traced(self) -> tuple[NetworkGraph | None, str]:
        try:
            return trace(self.skeleton, self.input_shape, self.layer_of), "traced"
        except Untraceable as reason:
            return None, str(reason)

    @property
    def num_prunable(self) -> int:
        return sum(map(prod, self.layers.values()))

    @property
    def num_weights(self) -> int:
        return sum(map(prod, self.shapes.values()))

    def num_activations(self) -> int:
        """Count the numbers that all layers return for one example, the input included."""
        counts = [prod(self.input_shape)]
        handles = [
            module.register_forward_hook(lambda _, __, output: counts.append(output.numel()))
            for module in self.skeleton.modules()
            if not list(module.children())
        ]
        mode = self.skeleton.training
        self.skeleton.eval()  # batch normalization cannot train on one example
        self.skeleton(torch.zeros(1, *self.input_shape, device="meta"))
        self.skeleton.train(mode)
        for handle in handles:
            handle.remove()
        return sum(counts)

    @torch.no_grad()
    def refuse_batch_size(self, batch_size: int) -> None:
        """Raise UserError for one example per update where a layer needs two, as batch
        normalization does after a map of 1x1."""
        if batch_size > 1:
            return
        with torch.random.fork_rng(devices=[]):
            module = self.build()
            try:
                module(torch.zeros(1, *self.input_shape))
            except ValueError as error:
                module(torch.zeros(2, *self.input_shape))  # raises an error of any other cause
                raise UserError(
                    f"training.batch_size=1: this network's normalization needs two examples or "
                    f"more ({first_line(error)}): give training.batch_size=2"
                ) from error


def _num_below_dropout(module: nn.Module) -> int:
    """Layers of a sequence before its first dropout; 0 for other modules."""
    if type(module) is not nn.Sequential:
        return 0
    holds_dropout = (any(isinstance(m, PhaseDropout) for m in layer.modules()) for layer in module)
    return next((number for number, holds in enumerate(holds_dropout) if holds), 0)
