"""Scores: which weights a cut should keep. Higher is better; arrays in, arrays out."""

from __future__ import annotations

import torch
from torch import Tensor

from pruning_phases.streams import derive, random_bits


def magnitude(weights: Tensor) -> Tensor:
    """s_i = |w_i|. weights: [R, n] -> [R, n]. The score of arXiv 2602.15224."""
    return weights.abs()


def random(key: Tensor, num_weights: int) -> Tensor:
    """s_i uniform on [0, 1) from 53 random bits: key [R, 2] -> [R, num_weights] float64."""
    counter = torch.arange(num_weights, dtype=torch.int32, device=key.device)
    high = random_bits(derive(key, 0)[:, None, :], counter).long() & 0x1FFFFF
    low = random_bits(derive(key, 1)[:, None, :], counter).long() & 0xFFFFFFFF
    return ((high << 32) | low).double() / 2**53
