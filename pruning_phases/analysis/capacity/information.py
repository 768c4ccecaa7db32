"""Upper bound on the information that a mask holds about its data (arXiv 2402.01089).

The networks have the same initial weights and all other randomness in common, and differ in their
data alone. Their masks are functions of the data: H(m | D) = 0 and I(m; D) = H(m). The entropy of a
mask is at most the sum of the entropies of its weights.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

Array = NDArray[np.float64]


def binary_entropy(probability: ArrayLike) -> Array:
    """h(p) = -p ln p - (1 - p) ln(1 - p), nats, in [0, ln 2]."""
    p = np.asarray(probability, dtype=np.float64)
    return np.asarray(entr(p) + entr(1 - p), dtype=np.float64)


def information_bound(masks: NDArray[np.bool_]) -> tuple[float, float]:
    """I(m; D) <= sum_i h(P(m_i = 1)) in nats, and its standard error, from masks [R, n].

    The R networks differ in their data alone. arXiv 2402.01089; the bound is this project's.
    Frequencies k/R in place of probabilities make entropies too small by about 1/(2R) per weight.
    The jackknife corrects this to order 1/R^2; its spread over left-out networks gives the error.
    Masks that do not depend on the data give 0 exactly.
    """
    count, _ = masks.shape
    if count < 3:
        raise ValueError(f"{count} masks: their entropy needs three or more")
    kept = masks.sum(axis=0)
    of_all = float(binary_entropy(kept / count).sum())
    left_out = np.array([binary_entropy((kept - mask) / (count - 1)).sum() for mask in masks])
    value = count * of_all - (count - 1) * left_out.mean()
    error = np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
    return float(value), float(error)


@dataclass(frozen=True)
class Information:
    """Upper bound on the information of masks in nats, and the surviving weights of each mask."""

    bound: float
    error: float
    num_kept: int
    num_masks: int

    @property
    def effective_parameters(self) -> tuple[float, float]:
        """p_eff = E ||m||_1 + I(m; D), with the bound in place of I, and its error.

        arXiv 2402.01089. The number of surviving weights has no error, since cuts are exact.
        """
        return self.num_kept + self.bound, self.error


def information_of(masks: NDArray[np.bool_]) -> Information:
    """Measure masks [R, n] that keep equally many weights."""
    return Information(*information_bound(masks), int(masks[0].sum()), len(masks))
