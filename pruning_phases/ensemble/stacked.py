"""Tensors of all replicas: their names in a module, layout in memory, gradients.

In: tensors [R, ...]. Out: tensors and names. Knows no network.
"""

from torch import Tensor, nn


def channels_last(stacked: Tensor) -> Tensor:
    """Kernels [R, out, in, height, width] with the in-channels innermost in memory.

    Convolutions run faster in this layout, on the CPU and on a GPU. Numbers and shape stay.
    """
    if stacked.dim() != 5:
        return stacked
    return stacked.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)


def gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def flat(name: str) -> str:
    """Replace dots, which PyTorch does not allow in registered names."""
    return name.replace(".", "__")
