"""Functions of torch, by what they do with the nodes that the elements of a tensor belong to."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pruning_phases.topology.graph import CONSTANT

LAYERS = {"linear", "conv1d", "conv2d", "conv3d"}
SUMS = {"add", "radd", "iadd", "sub", "rsub", "isub", "subtract"}
# Every element of the result is an element of an argument.
MOVES = {
    "T", "adjoint", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_to", "cat", "chunk",
    "column_stack", "concat", "concatenate", "diagonal", "dstack", "expand", "flatten",
    "flip", "fliplr", "flipud", "getitem", "H", "hsplit", "hstack", "mH", "movedim",
    "moveaxis", "mT", "narrow", "pad", "permute", "pixel_shuffle", "pixel_unshuffle", "ravel",
    "repeat", "repeat_interleave", "reshape", "roll", "rot90", "select", "split",
    "split_with_sizes", "squeeze", "stack", "swapaxes", "swapdims", "t", "tensor_split",
    "tile", "transpose", "unbind", "unflatten", "unfold", "unsqueeze", "view", "vsplit",
    "vstack",
}  # fmt: skip
# The result has the shape of an argument, and nothing else of it.
FRESH = {
    "empty_like", "full_like", "new_empty", "new_full", "new_ones", "new_tensor", "new_zeros",
    "ones_like", "rand_like", "randn_like", "zeros_like",
}  # fmt: skip
# The result is a view of the first argument.
VIEWS = {"alias", "data", "detach", "expand_as", "requires_grad", "reshape_as", "view_as"}
# The result is the first argument elsewhere in memory or of another type.
COPIES = {
    "bfloat16", "clone", "contiguous", "cpu", "cuda", "double", "float", "half", "to", "type",
    "type_as",
}  # fmt: skip
# Every element of the result is a function of the elements at its place, or a normalization.
ELEMENTWISE = {
    "abs", "absolute", "acos", "acosh", "addcdiv", "addcmul", "alpha_dropout", "arctan",
    "asin", "asinh", "atan", "atanh", "batch_norm", "ceil", "celu", "clamp", "clamp_max",
    "clamp_min", "clip", "cos", "cosh", "div", "divide", "dropout", "dropout1d",
    "dropout2d", "dropout3d", "elu", "erf", "erfc", "exp", "exp2", "expm1",
    "feature_alpha_dropout", "feature_dropout", "floor", "frac", "gelu", "group_norm",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "idiv", "imul", "instance_norm",
    "itruediv", "layer_norm", "leaky_relu", "lerp", "log", "log10", "log1p", "log2",
    "log_sigmoid", "log_softmax", "logit", "logsigmoid", "maximum", "minimum", "mish", "mul",
    "multiply", "nan_to_num", "neg", "negative", "normalize", "positive", "pow", "prelu",
    "rdiv", "reciprocal", "relu", "relu6", "rms_norm", "rmul", "round", "rpow", "rrelu",
    "rsqrt", "rtruediv", "selu", "sigmoid", "sign", "silu", "sin", "sinh", "softmax",
    "softmin", "softplus", "softshrink", "softsign", "sqrt", "square", "tan", "tanh",
    "tanhshrink", "threshold", "true_divide", "truediv", "trunc",
}  # fmt: skip
POOLING = re.compile(r"(?:adaptive_)?(?:avg|max|lp)_pool(\d)d(?:_with_indices)?")
RESIZING = {"interpolate", "upsample", "upsample_nearest", "upsample_bilinear"}
REDUCTIONS = {"amax", "amin", "logsumexp", "max", "mean", "median", "min", "nanmean", "sum"}


class Untraceable(Exception):
    """The graph of a network cannot be found; the message is the reason."""


@dataclass(frozen=True)
class Call:
    """One call of a function of torch."""

    func: Callable
    args: Sequence
    kwargs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name without underscores, so that ``relu_`` and ``relu`` are one."""
        name = getattr(self.func, "__name__", str(self.func))
        if name == "__get__":  # of a property such as x.T
            name = getattr(self.func, "__self__").__name__  # noqa: B009
        return name.strip("_")

    def argument(self, position: int, keyword: str) -> Any:
        return self.args[position] if len(self.args) > position else self.kwargs.get(keyword)

    def tensors(self) -> Iterator[Tensor]:
        yield from tensors_in(self.args)
        yield from tensors_in(self.kwargs)

    def on(self, nodes: Mapping[Tensor, Tensor]) -> Any:
        """Result of the same call for the nodes in place of the activations."""
        moved = self.args[0] if self.args else self.kwargs.get("tensors", self.kwargs.get("input"))
        if len(list(self.tensors())) > len(list(tensors_in([moved]))):
            raise Untraceable(f"{self.name} at computed places")

        def of(value: Any) -> Any:
            if isinstance(value, Tensor):
                return nodes[value] if value in nodes else constants(value.shape)
            if isinstance(value, list | tuple) and next(tensors_in(value), None) is not None:
                return [of(one) for one in value]
            return value

        args = [of(value) for value in self.args]
        kwargs = {name: of(value) for name, value in self.kwargs.items()}
        return (_padded if self.name == "pad" else self.func)(*args, **kwargs)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """All tensors in nested lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from tensors_in(one)


def constants(shape: Sequence[int]) -> Tensor:
    """Nodes of a tensor that does not depend on the input."""
    return torch.full(tuple(shape), CONSTANT)


def reduced_dims(call: Call) -> list[int]:
    """Dimensions over which a function pools, resizes or sums; none for other functions."""
    tensor, given = call.argument(0, "input"), call.argument(1, "dim")
    pooling = POOLING.fullmatch(call.name)
    if pooling or call.name in RESIZING:
        num_spatial = int(pooling[1]) if pooling else tensor.dim() - 2
        return list(range(tensor.dim() - num_spatial, tensor.dim()))
    if call.name not in REDUCTIONS or isinstance(given, Tensor):
        return []
    if given is None or given == ():
        return list(range(tensor.dim()))
    return [dim % tensor.dim() for dim in ([given] if isinstance(given, int) else given)]


def constant_along(nodes: Tensor, dims: Sequence[int], where: str) -> Tensor:
    """Nodes along the other dimensions: the same size, with 1 for ``dims``.

    Constants beside a node, such as padding, do not count. Raises Untraceable if there are several.
    """
    if not dims:
        return nodes
    largest = nodes.amax(dim=list(dims), keepdim=True)
    if bool(((nodes != largest) & (nodes != CONSTANT)).any()):
        raise Untraceable(f"{where} reads activations of different nodes with the same weights")
    return largest


def _padded(nodes: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    if mode == "constant":
        return torch.nn.functional.pad(nodes, pad, mode, CONSTANT)
    # The other modes take no integers.
    return torch.nn.functional.pad(nodes.double(), pad, mode).long()
