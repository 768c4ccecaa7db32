"""Random scores: the control of every other score."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

READS = "stream"


def score(key: Tensor, num_weights: int) -> Tensor:
    """Score s_i uniform on [0, 1), from 53 random bits: key [R, 2] -> [R, num_weights] float64."""
    import torch

    from pruning_phases.streams import derive, random_bits

    counter = torch.arange(num_weights, dtype=torch.int32, device=key.device)
    high = random_bits(derive(key, 0)[:, None, :], counter).long() & 0x1FFFFF
    low = random_bits(derive(key, 1)[:, None, :], counter).long() & 0xFFFFFFFF
    return ((high << 32) | low).double() / 2**53
