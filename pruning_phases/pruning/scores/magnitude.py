"""Magnitude of a weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

READS = "weights"


def score(weights: Tensor) -> Tensor:
    """Score s_i = |w_i| of arXiv 2602.15224: weights [R, n] -> [R, n]."""
    return weights.abs()
