"""How much a mask can tell of the data that it was found with (arXiv 2402.01089).

Networks that share initial weights and all other randomness, and differ in their data alone, have
masks that are functions of the data: H(m | D) = 0, so I(m; D) = H(m), and the entropy of all
weights together is at most the sum of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def binary_entropy(share: Array) -> Array:
    """h(p) = -p ln p - (1 - p) ln(1 - p), nats, in [0, ln 2]."""
    p = np.asarray(share, dtype=np.float64)
    inside = np.clip(p, 1e-300, 1.0), np.clip(1 - p, 1e-300, 1.0)
    return -p * np.log(inside[0]) - (1 - p) * np.log(inside[1])


def information_bound(masks: NDArray[np.bool_]) -> tuple[float, float]:
    """I(m; D) <= sum_i h(P(m_i = 1)) in nats, and its standard error, from masks [R, n] of R
    networks that differ in their data alone (arXiv 2402.01089; the bound is this project's).

    Shares k/R in place of probabilities make entropies too small by about 1/(2R) a weight; the
    jackknife takes that off to order 1/R^2, and its spread over left-out networks is the error.
    Masks that do not depend on the data give 0 exactly.
    """
    count, _ = masks.shape
    if count < 3:
        raise ValueError(f"{count} masks: their entropy needs three or more")
    kept = masks.sum(axis=0)
    whole = float(binary_entropy(kept / count).sum())
    left_out = np.array([binary_entropy((kept - mask) / (count - 1)).sum() for mask in masks])
    value = count * whole - (count - 1) * left_out.mean()
    error = np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
    return float(value), float(error)


@dataclass(frozen=True)
class Information:
    """Nats that masks tell of the data at most, and the weights that each keeps."""

    bound: float
    error: float
    num_kept: int
    num_masks: int

    @property
    def effective_parameters(self) -> tuple[float, float]:
        """p_eff = E ||m||_1 + I(m; D), with the bound in place of I (arXiv 2402.01089), and its
        error: weights that are kept, and what choosing them has told of the data. The number kept
        has no error: cuts are exact."""
        return self.num_kept + self.bound, self.error


def information_of(masks: NDArray[np.bool_]) -> Information:
    """Of masks [R, n] that keep equally many weights."""
    return Information(*information_bound(masks), int(masks[0].sum()), len(masks))
