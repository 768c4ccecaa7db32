"""Sparse training of constant density: where the weights lie, and which are replaced.

In: numbers, shapes, tensors of weights, gradients and masks. Out: counts, masks. Pure functions.
Evci, Gale, Menick, Castro, Elsen 2020, arXiv 1911.11134 (RigL).
"""

from collections.abc import Sequence
from math import cos, pi

from torch import Tensor

from pruning_phases.pruning.cut import cut


def erdos_renyi_counts(
    num_kept: int, shapes: Sequence[tuple[int, ...]], surviving: Sequence[int]
) -> list[int]:
    """Split ``num_kept`` weights between layers as in the Erdos-Renyi kernel (ERK) of section 3.

    The density of a layer [out, in, ...] is in proportion to (out + in + ...) / (out in ...), so
    its number of weights to the sum of its sizes. A layer in which that exceeds ``surviving`` keeps
    all of these, and the others share the rest. Fractions are rounded so that the sum is exact:
    above for the largest remainders, then for the earlier layers.
    """
    counts = [0] * len(shapes)
    free = set(range(len(shapes)))
    while free:
        left = num_kept - sum(counts[i] for i in range(len(shapes)) if i not in free)
        total = sum(sum(shapes[i]) for i in free)
        exact = {i: left * sum(shapes[i]) / total for i in free}
        full = {i for i in free if exact[i] >= surviving[i]}
        if not full:
            return _rounded(counts, exact, left)
        for i in full:
            counts[i] = surviving[i]
        free -= full
    return counts


def _rounded(counts: list[int], exact: dict[int, float], left: int) -> list[int]:
    """Fill in the whole numbers next to ``exact`` whose sum is ``left``."""
    for i, number in exact.items():
        counts[i] = int(number)
    missing = left - sum(int(number) for number in exact.values())
    by_remainder = sorted(exact, key=lambda i: (counts[i] - exact[i], i))
    for i in by_remainder[:missing]:
        counts[i] += 1
    return counts


def replaced_fraction(first: float, progress: float) -> float:
    """Fraction of a layer's weights that is replaced: first (1 + cos(pi progress)) / 2.

    progress: updates made / updates after which nothing is replaced any more, in [0, 1]; 0 from 1
    on. Section 3, "update schedule", alpha = first.
    """
    return first * (1 + cos(pi * progress)) / 2 if progress < 1 else 0.0


def regrown(weights: Tensor, gradients: Tensor, mask: Tensor, fraction: float) -> Tensor:
    """Mask of one layer after its smallest weights have been replaced: [R, n] bool.

    weights, gradients: [R, n]; mask: [R, n] bool, with k weights in every row. int(fraction k) of
    them, those of smallest magnitude, are dropped, and as many of the others, the dropped ones
    among them, grow where the gradient of the loss is largest. A layer that is full stays.
    """
    kept = int(mask[0].sum())
    number = min(int(fraction * kept), mask.shape[1] - kept)
    if number == 0:
        return mask
    left = cut(weights.abs(), mask, kept - number)
    return left | cut(gradients.abs(), ~left, number)
