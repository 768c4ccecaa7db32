"""Trace of a network's forward pass: which units and channels lead to which.

In: a module on the meta device, the shape of an example. Out: a ``NetworkGraph``, or the reason why
there is none. Every activation carries the number of the node that each of its elements belongs to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from pruning_phases.topology import torch_functions as functions
from pruning_phases.topology.graph import CONSTANT, Join, Layer, NetworkGraph
from pruning_phases.topology.torch_functions import Call, Untraceable


def trace(
    module: nn.Module, input_shape: tuple[int, ...], layer_of: Mapping[str, str]
) -> NetworkGraph:
    """Follow one example through a module, in evaluation mode, and return the graph.

    layer_of: parameter name -> layer name, for the weights that can be pruned. Every element of the
    input is a node. If a layer reads several elements alike, as a convolution does, the nodes are
    the channels of the input (its first axis), or else its features (its last axis).
    Raises Untraceable if a layer runs twice, if it reads activations of several nodes alike, or if
    activations of different nodes are combined other than by a layer or a sum.
    """
    weights: dict[Tensor, str] = {
        module.get_parameter(name): layer for name, layer in layer_of.items()
    }
    modes = [(one, one.training) for one in module.modules()]
    module.eval()
    tracers: list[_Tracer] = []
    reasons: list[Untraceable] = []
    try:
        for nodes in _input_nodes(input_shape):
            tracers.append(_Tracer(nodes, weights))
            try:
                return tracers[-1].graph(module)
            except Untraceable as reason:
                reasons.append(reason)
    finally:
        for one, mode in modes:
            one.training = mode
    furthest = max(range(len(reasons)), key=lambda attempt: len(tracers[attempt].parts))
    raise reasons[furthest]


def _input_nodes(shape: tuple[int, ...]) -> Iterator[Tensor]:
    """Nodes of the elements of one example [1, ...]: elements, channels, features."""
    yield torch.arange(torch.Size(shape).numel()).view(1, *shape)
    yield torch.arange(shape[0]).view(-1, *(1 for _ in shape[1:])).expand(1, *shape).clone()
    yield torch.arange(shape[-1]).expand(1, *shape).clone()


class _Tracer(TorchFunctionMode):
    """Calls every function of torch, and then finds the nodes of its result."""

    def __init__(self, inputs: Tensor, weights: Mapping[Tensor, str]) -> None:
        super().__init__()
        self.inputs = inputs
        self.weights = weights
        self.unused = list(weights.values())
        self.nodes = WeakTensorKeyDictionary()  # activation -> node of each element
        self.constants = WeakTensorKeyDictionary()  # tensors that do not depend on the input
        self.num_nodes = int(inputs.max()) + 1
        self.parts: list[Layer | Join] = []

    def graph(self, module: nn.Module) -> NetworkGraph:
        """Run the module on one example."""
        example = torch.zeros(self.inputs.shape, device="meta")
        self.nodes[example] = self.inputs
        self._remember(vars(one) for one in module.modules())
        try:
            with torch.no_grad(), self, torch.device("meta"):
                output = module(example)
        except Untraceable:
            raise
        except Exception as error:  # whatever a user's module may raise without data
            text = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise Untraceable(f"the forward pass fails without data ({text})") from None
        if not isinstance(output, Tensor) or output not in self.nodes:
            raise Untraceable("the output is not one tensor that depends on the input")
        if self.unused:
            raise Untraceable(f"layer {self.unused[0]} is not used")
        outputs = self.nodes[output].unique().numpy()
        inputs = np.arange(int(self.inputs.max()) + 1)
        parts = tuple(self.parts)
        return NetworkGraph(self.num_nodes, inputs, outputs[outputs != CONSTANT], parts)

    def __torch_function__(
        self, func: Callable, types: Any, args: Sequence = (), kwargs: Mapping | None = None
    ) -> Any:
        call = Call(func, args, kwargs or {})
        result = func(*args, **call.kwargs)
        if call.name in functions.LAYERS and call.argument(1, "weight") in self.weights:
            self._set(call, result, self._layer(call, result))
        elif any(tensor in self.nodes for tensor in call.tensors()):
            self._follow(call, result)
        elif all(tensor in self.constants for tensor in call.tensors()):
            self._remember([result])
        return result

    def _remember(self, constants: Iterable[Any]) -> None:
        for tensor in functions.tensors_in(list(constants)):
            self.constants[tensor] = True

    def _follow(self, call: Call, result: Any) -> None:
        """Find the nodes of a result that depends on the input."""
        if not all(one in self.nodes or one in self.constants for one in call.tensors()):
            raise Untraceable(f"{call.name} reads a tensor of unknown origin")
        if "out" in call.kwargs:
            raise Untraceable(f"{call.name} with the argument out")
        if call.name == "setitem":
            self._assign(*call.args)
            return
        if not _holds_tensors(result) or call.name in functions.FRESH:
            self._remember([result])
            return
        first = call.argument(0, "input")
        if any(tensor in self.weights for tensor in call.tensors()):
            raise Untraceable(f"{call.name} reads the weights of a layer")
        if call.name in functions.MOVES:
            moved = call.on(self.nodes)
            pairs = (
                [(result, moved)] if isinstance(result, Tensor) else zip(result, moved, strict=True)
            )
            for part, nodes in pairs:
                self.nodes[part] = nodes
        elif call.name in functions.VIEWS:
            shaped = Tensor.expand if call.name == "expand_as" else Tensor.reshape
            self.nodes[result] = shaped(self._of(first), result.shape)
        elif call.name in functions.COPIES:
            self._set(call, result, self._of(first))
        elif call.name in functions.ELEMENTWISE or call.name in functions.SUMS:
            self._set(call, result, self._combined(call, result))
        elif dims := functions.reduced_dims(call):
            nodes = functions.constant_along(self._of(first), dims, call.name)
            values = result if isinstance(result, Tensor) else result[0]
            shaped = Tensor.expand if nodes.dim() == values.dim() else Tensor.reshape
            self._set(call, values, shaped(nodes, values.shape))
        else:
            raise Untraceable(f"{call.name} combines activations in an unknown way")

    def _of(self, tensor: Tensor) -> Tensor:
        return self.nodes[tensor] if tensor in self.nodes else functions.constants(tensor.shape)

    def _set(self, call: Call, result: Tensor, nodes: Tensor) -> None:
        """Set the nodes of a result, in place where the function works in place.

        Nodes lie in memory as their activations do, so that views of the two change alike.
        """
        if result not in self.nodes:
            if result._is_view() and result is call.argument(0, "input"):
                raise Untraceable(f"{call.name} writes into a part of a tensor of constants")
            self.nodes[result] = torch.empty_strided(
                result.shape, result.stride(), dtype=torch.int64
            )
        self.nodes[result].copy_(nodes)

    def _assign(self, target: Tensor, index: Any, value: Any) -> None:
        """Follow ``target[index] = value``."""
        if target not in self.nodes:
            if target._is_view():
                raise Untraceable("an assignment into a part of a tensor of constants")
            self.nodes[target] = self._of(target)
        if _holds_tensors(index):
            raise Untraceable("an assignment at computed places")
        self.nodes[target][index] = self._of(value) if isinstance(value, Tensor) else CONSTANT

    def _layer(self, call: Call, result: Tensor) -> Tensor:
        """Add a linear or convolution layer and return the nodes of its result."""
        inputs, weight = call.argument(0, "input"), call.argument(1, "weight")
        name = self.weights[weight]
        if name not in self.unused:
            raise Untraceable(f"layer {name} is used twice")
        if inputs not in self.nodes:
            raise Untraceable(f"the input of layer {name} does not depend on the network's input")
        self.unused.remove(name)
        axis = inputs.dim() - (1 if call.name == "linear" else weight.dim() - 1)
        others = [dim for dim in range(inputs.dim()) if dim != axis]
        sources = functions.constant_along(self.nodes[inputs], others, f"layer {name}").flatten()
        num_out = len(weight)
        groups = len(sources) // weight.shape[1]
        layer = Layer.of_inputs(name, sources.numpy(), groups, self.num_nodes, num_out)
        self.parts.append(layer)
        new = self._new_nodes(num_out).view(-1, *(1 for _ in others[axis:]))
        return new.expand(result.shape)

    def _combined(self, call: Call, result: Tensor) -> Tensor:
        """Nodes of an elementwise function, which may join nodes only if it is a sum."""
        known = [self.nodes[tensor] for tensor in call.tensors() if tensor in self.nodes]
        nodes, *others = (one.broadcast_to(result.shape) for one in known)
        nodes = nodes.clone()
        for other in others:
            nodes = torch.where(nodes == CONSTANT, other, nodes)
            differ = (nodes != other) & (other != CONSTANT)
            if not differ.any():
                continue
            if call.name not in functions.SUMS:
                raise Untraceable(f"{call.name} of activations of different nodes")
            pairs, number = torch.unique(
                nodes[differ] * self.num_nodes + other[differ], return_inverse=True
            )
            one, two = pairs // self.num_nodes, pairs % self.num_nodes
            self.parts.append(Join(one.numpy(), two.numpy(), self.num_nodes))
            nodes[differ] = self._new_nodes(len(pairs))[number]
        return nodes

    def _new_nodes(self, count: int) -> Tensor:
        self.num_nodes += count
        return torch.arange(self.num_nodes - count, self.num_nodes)


def _holds_tensors(value: Any) -> bool:
    return next(functions.tensors_in(value), None) is not None
